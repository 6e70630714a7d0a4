import { type In, sizeOf } from "@unrolled/backend";
import type { Values } from "./values.js";

type AxisAttrs = { readonly axis: number };

/** Calls `line` with the positions of the elements of each line along an axis, and the line's number. */
function forEachLine({ shape }: Values, axis: number, line: (at: readonly number[], index: number) => void): void {
  const [outer, n, inner] = [sizeOf(shape.slice(0, axis)), shape[axis], sizeOf(shape.slice(axis + 1))];
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++)
      line(
        Array.from({ length: n }, (_, k) => (o * n + k) * inner + i),
        o * inner + i,
      );
}

function logSumExp(numbers: readonly number[]): number {
  const most = numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most + Math.log(numbers.reduce((sum, x) => sum + Math.exp(x - most), 0));
}

/** x - log(sum(exp(x))) along an axis. */
export function logSoftmax([x]: In<"logSoftmax", Values>, { axis }: AxisAttrs): readonly [Float64Array] {
  const y = new Float64Array(x.values.length);
  forEachLine(x, axis, (at) => {
    const total = logSumExp(at.map((i) => x.values[i]));
    for (const i of at) y[i] = x.values[i] - total;
  });
  return [y];
}

/** The exponential of that. */
export function softmax(inputs: In<"softmax", Values>, attrs: AxisAttrs): readonly [Float64Array] {
  return [logSoftmax(inputs, attrs)[0].map(Math.exp)];
}

/** -log(softmax(logits)) at each target, 0 for a target that is no class. */
export function softmaxCrossEntropy(
  [logits, targets]: In<"softmaxCrossEntropy", Values>,
  { axis }: AxisAttrs,
): readonly [Float64Array] {
  const [logs] = logSoftmax([logits], { axis });
  const losses = new Float64Array(targets.values.length);
  forEachLine(logits, axis, (at, index) => {
    const own = at[targets.values[index]];
    if (own !== undefined) losses[index] = -logs[own];
  });
  return [losses];
}

/** (x - mean) / sqrt(variance + eps) * weight + bias over the dimensions from `axis` on. */
export function layerNorm(
  [x, weight, bias]: In<"layerNorm", Values>,
  { axis, eps }: AxisAttrs & { readonly eps: number },
): readonly [Float64Array] {
  const n = sizeOf(x.shape.slice(axis));
  const y = new Float64Array(x.values.length);
  for (let start = 0; start < y.length; start += n) {
    const row = x.values.subarray(start, start + n);
    const mean = row.reduce((sum, value) => sum + value, 0) / n;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    for (const [j, value] of row.entries()) {
      const normal = (value - mean) / Math.sqrt(variance + eps);
      y[start + j] = normal * (weight?.values[j] ?? 1) + (bias?.values[j] ?? 0);
    }
  }
  return [y];
}
