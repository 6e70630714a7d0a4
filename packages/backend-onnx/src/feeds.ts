import { ArgumentError, ShapeError } from "@unrolled/backend";
import type { DimSizes } from "./dim-sizes.js";
import { formatDims } from "./dim-sizes.js";
import type { Ort, Tensors } from "./engine.js";
import { type Elements, elementsOf, type InputValue } from "./input-value.js";
import type { TensorSpec } from "./model-file.js";

/** The given inputs as ONNX Runtime's tensors, checked by name, dtype and shape; `sizes` learns what they are. */
export function makeFeeds(
  ort: Ort,
  op: string,
  specs: readonly TensorSpec[],
  inputs: Readonly<Record<string, InputValue>>,
  sizes: DimSizes,
): Tensors {
  requireNames(op, specs, inputs);
  const feeds: Record<string, Tensors[string]> = {};
  let pending: { spec: TensorSpec; where: string; elements: Elements }[] = [];
  for (const spec of specs) {
    const where = `input "${spec.name}"`;
    const elements = elementsOf(op, where, spec, inputs[spec.name]);
    if (elements.shape) sizes.bind(op, where, spec, elements.shape);
    pending.push({ spec, where, elements });
  }
  // Arrays without a shape take theirs from what is known, and each may make another's known.
  while (pending.length > 0) {
    const open: typeof pending = [];
    for (const item of pending) {
      const { spec, where, elements } = item;
      const shape = elements.shape ?? sizes.infer(op, where, spec, elements.data.length);
      if (!shape) {
        open.push(item);
        continue;
      }
      sizes.bind(op, where, spec, shape);
      feeds[spec.name] = new ort.Tensor(spec.dtype, elements.data, [...shape]);
    }
    if (open.length === pending.length) throw noShape(op, open[0]);
    pending = open;
  }
  return feeds;
}

function noShape(op: string, { spec, where }: { spec: TensorSpec; where: string }): ShapeError {
  const declared = spec.shape ? `is ${formatDims(spec.shape)}` : "is declared without a shape";
  return new ShapeError(
    op,
    `${where} ${declared}: an array alone does not tell its sizes`,
    "give { data, shape } or nested lists",
  );
}

function requireNames(op: string, specs: readonly TensorSpec[], inputs: Readonly<Record<string, InputValue>>): void {
  const known = specs.map(({ name }) => name);
  const missing = known.filter((name) => !Object.hasOwn(inputs, name));
  const unknown = Object.keys(inputs).filter((name) => !known.includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const problems = [
    ...missing.map((name) => `input "${name}" is missing`),
    ...unknown.map((name) => `input "${name}" does not exist`),
  ];
  const list = specs.map(({ name, dtype, shape }) => `"${name}" ${dtype} ${shape ? formatDims(shape) : ""}`.trimEnd());
  throw new ArgumentError(op, problems.join(", "), `the inputs are ${list.join(", ") || "none"}`);
}
