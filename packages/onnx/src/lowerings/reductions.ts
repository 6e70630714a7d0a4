import { isFloat } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../builder.js";
import type { Lowerings } from "../lowering.js";
import { int, ints } from "../proto.js";
import { fixedSize, isEmpty, productOf } from "../sizes.js";

/** ReduceMax takes its axes as an attribute before opset 18, as an input from there on. */
export function reduceMax(b: ModelBuilder, x: string, axes: readonly number[], keepDims: boolean): string {
  const keep = int("keepdims", keepDims ? 1 : 0);
  return b.opset < 18
    ? b.node("ReduceMax", [x], [ints("axes", axes), keep])
    : b.node("ReduceMax", [x, b.int64(axes)], [keep]);
}

/** ONNX Runtime loses digits of longer sums: half a million float32 in one go are 8e-6 off, in two stages 1e-7. */
const mostInOneSum = 65536;

/** Axes to sum over one after the other: of a whole tensor that is or may become large, all but the first one first. */
function sumStages({ sizes, dtype }: Operand, axes: readonly number[]): readonly (readonly number[])[] {
  const count = fixedSize(productOf(sizes));
  const first = sizes.findIndex((size) => fixedSize(size) !== 1);
  const later = axes.filter((axis) => axis > first);
  const small = count !== null && count <= mostInOneSum;
  if (small || axes.length < sizes.length || later.length === 0 || !isFloat(dtype)) return [axes];
  return [later, axes.filter((axis) => axis <= first)];
}

export const reductions: Pick<Lowerings, "sum" | "max" | "argmax" | "cumsum"> = {
  sum: (b, { in: [x], attrs: { axes, keepDims }, out: [out] }) => {
    if (axes.length === 0) return [x];
    if (isEmpty(x.sizes)) return [b.filled(0, out)];
    const keep = int("keepdims", keepDims ? 1 : 0);
    return [sumStages(x, axes).reduce((name, stage) => b.node("ReduceSum", [name, b.int64(stage)], [keep]), x.name)];
  },
  max: (b, { in: [x], attrs: { axes, keepDims } }) => {
    if (axes.length === 0) return [x];
    const largest = reduceMax(b, x.name, axes, keepDims);
    if (!isFloat(x.dtype)) return [largest];
    const marks = b.cast(b.node("IsNaN", [x.name]), "int32");
    const anyNaN = b.cast(reduceMax(b, marks, axes, keepDims), "bool");
    return [b.node("Where", [anyNaN, b.scalar(Number.NaN, x.dtype), largest])];
  },
  argmax: (b, { in: [x], attrs: { axis, keepDims } }) => {
    const place = [int("axis", axis), int("keepdims", keepDims ? 1 : 0)];
    const largest = b.cast(b.node("ArgMax", [x.name], place), "int32");
    if (!isFloat(x.dtype)) return [largest];
    const marks = b.cast(b.node("IsNaN", [x.name]), "int32");
    const firstNaN = b.cast(b.node("ArgMax", [marks], place), "int32");
    const anyNaN = b.cast(reduceMax(b, marks, [axis], keepDims), "bool");
    return [b.node("Where", [anyNaN, firstNaN, largest])];
  },
  cumsum: (b, { in: [x], attrs: { axis, reverse } }) => [
    b.node("CumSum", [x.name, b.scalar(axis, "int32")], reverse ? [int("reverse", 1)] : []),
  ],
};
