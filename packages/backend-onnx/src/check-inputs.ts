import {
  ArgumentError,
  DTypeError,
  dtypeOf,
  formatShape,
  type Graph,
  type HostTensor,
  ShapeError,
  sameShape,
  sizeOf,
} from "@unrolled/backend";

/** Checks that a run's inputs are exactly those of the graph. */
export function checkInputs(graph: Graph, inputs: Readonly<Record<string, HostTensor>>): void {
  const known = graph.inputs.map(({ name }) => name);
  const quoted = known.length === 0 ? "no inputs" : known.map((name) => `"${name}"`).join(", ");
  const missing = known.filter((name) => !Object.hasOwn(inputs, name));
  const unknown = Object.keys(inputs).filter((name) => !known.includes(name));
  if (missing.length > 0 || unknown.length > 0) {
    const problems = [
      ...missing.map((name) => `input "${name}" is missing`),
      ...unknown.map((name) => `input "${name}" does not exist`),
    ];
    throw new ArgumentError("run", problems.join(", "), `graph "${graph.name}" takes ${quoted}`);
  }
  for (const { name, value } of graph.inputs) checkTensor(name, inputs[name], value);
}

function checkTensor(name: string, given: HostTensor, wanted: Pick<HostTensor, "shape" | "dtype">): void {
  if (given.dtype !== wanted.dtype || dtypeOf(given.data) !== given.dtype) {
    throw new DTypeError(
      "run",
      `input "${name}" must be ${wanted.dtype}, got ${given.dtype} in a ${given.data.constructor.name}`,
      "give the dtype the graph was traced with, in its typed array",
    );
  }
  if (!sameShape(given.shape, wanted.shape)) {
    throw new ShapeError(
      "run",
      `input "${name}" must be ${formatShape(wanted.shape)}, got ${formatShape(given.shape)}`,
      "give the shape the graph was traced with",
    );
  }
  if (given.data.length !== sizeOf(given.shape)) {
    throw new ShapeError(
      "run",
      `input "${name}" ${formatShape(given.shape)} holds ${given.data.length} elements`,
      `give ${sizeOf(given.shape)}`,
    );
  }
}
