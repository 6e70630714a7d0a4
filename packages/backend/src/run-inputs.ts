import { dtypeOf } from "./dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "./errors.js";
import type { Graph, GraphValue } from "./graph.js";
import type { HostTensor } from "./runner.js";
import { formatShape, sameShape, sizeOf } from "./shape.js";
import { formatSize, nameOfSize, type Size } from "./size.js";

type HostRecord = Readonly<Record<string, HostTensor>>;

/**
 * Checks that a run's inputs are exactly those of a graph; returns the run's size of each name in `graph.dims`.
 *
 * @throws ArgumentError for a name that is missing or unknown
 * @throws DTypeError for another dtype, or data in another typed array than the dtype's
 * @throws ShapeError for a wrong shape, one name with two sizes, or a wrong number of elements
 */
export function bindRunInputs(graph: Graph, inputs: HostRecord): Readonly<Record<string, number>> {
  const known = graph.inputs.map(({ name }) => name);
  const missing = known.filter((name) => !Object.hasOwn(inputs, name));
  const unknown = Object.keys(inputs).filter((name) => !known.includes(name));
  if (missing.length > 0 || unknown.length > 0) {
    const problems = [
      ...missing.map((name) => `input "${name}" is missing`),
      ...unknown.map((name) => `input "${name}" does not exist`),
    ];
    const quoted = known.length === 0 ? "no inputs" : known.map((name) => `"${name}"`).join(", ");
    throw new ArgumentError("run", problems.join(", "), `graph "${graph.name}" takes ${quoted}`);
  }
  const sizes: Record<string, number> = Object.create(null);
  for (const { name, value } of graph.inputs) bindInput(graph, name, value, inputs[name], sizes);
  return sizes;
}

function bindInput(
  graph: Graph,
  name: string,
  value: GraphValue,
  given: HostTensor,
  sizes: Record<string, number>,
): void {
  if (given.dtype !== value.dtype || dtypeOf(given.data) !== given.dtype) {
    throw new DTypeError(
      "run",
      `input "${name}" must be ${value.dtype}, got ${given.dtype} in a ${given.data.constructor.name}`,
      "give the dtype the graph was traced with, in its typed array",
    );
  }
  const wanted: readonly Size[] = graph.dims?.shapes.get(value) ?? value.shape;
  const fits = wanted.length === given.shape.length && wanted.every((size, i) => bindSize(size, given.shape[i], sizes));
  if (!fits) {
    const bound = Object.entries(sizes).map(([key, size]) => `${key} = ${size}`);
    throw new ShapeError(
      "run",
      `input "${name}" must be [${wanted.map(formatSize).join(", ")}], got ${formatShape(given.shape)}`,
      `give the shape the graph was traced with${bound.length > 0 ? `; so far ${bound.join(", ")}` : ""}`,
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

/**
 * Checks a state that a program is to take over.
 *
 * @throws ArgumentError for a name that is missing or unknown; DTypeError or ShapeError for one that does not fit
 */
export function requireState(graph: Graph, state: HostRecord): void {
  const known = new Set(graph.state.map(({ name }) => name));
  const unknown = Object.keys(state).filter((name) => !known.has(name));
  const missing = [...known].filter((name) => !Object.hasOwn(state, name));
  if (unknown.length > 0 || missing.length > 0) {
    const problems = [...missing.map((name) => `${name} is missing`), ...unknown.map((name) => `${name} is unknown`)];
    throw new ArgumentError("writeState", problems.join(", "), "give exactly the names that readState gives");
  }
  for (const { name, input } of graph.state) {
    const { data, shape, dtype } = state[name];
    if (dtype !== input.dtype || dtypeOf(data) !== dtype)
      throw new DTypeError("writeState", `${name} is ${dtype}`, `give ${input.dtype}, in its typed array`);
    if (!sameShape(shape, input.shape) || data.length !== sizeOf(shape)) {
      throw new ShapeError(
        "writeState",
        `${name} is ${formatShape(shape)} with ${data.length} elements`,
        `give ${formatShape(input.shape)}`,
      );
    }
  }
}

/** Whether a size can be `given`; a name met for the first time takes it. */
function bindSize(size: Size, given: number, sizes: Record<string, number>): boolean {
  if (typeof size === "number") return size === given;
  const name = nameOfSize(size);
  if (name === null) return true;
  sizes[name] ??= given;
  return sizes[name] === given;
}
