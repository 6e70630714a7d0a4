import type { Call, FusedKernel, TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { fusedKernel } from "./fused-kernel.js";
import { forEachLine, largestOf, linesOf } from "./normalised-rows.js";

const NOTHING: object = Object.freeze({});

type K = "softmax" | "logSoftmax";

/** exp(x) scaled to sum to 1 along an axis. Backward needs the result alone. */
export const softmax: FusedKernel<"softmax", TypedArray, object> = fusedKernel({
  forward: ([x], call, save) => outcome(forward(x, call, softmaxLine), save),
  backward: (cotangents, _inputs, [y], _reserve, call, wanted) => [
    wanted[0] ? gradient(cotangents[0], y, call, softmaxGradientLine) : null,
  ],
});

/** log(softmax(x)). Backward needs the result alone. */
export const logSoftmax: FusedKernel<"logSoftmax", TypedArray, object> = fusedKernel({
  forward: ([x], call, save) => outcome(forward(x, call, logSoftmaxLine), save),
  backward: (cotangents, _inputs, [y], _reserve, call, wanted) => [
    wanted[0] ? gradient(cotangents[0], y, call, logSoftmaxGradientLine) : null,
  ],
});

export function outcome(y: TypedArray, save: boolean): { out: readonly [TypedArray]; reserve?: object } {
  return save ? { out: [y], reserve: NOTHING } : { out: [y] };
}

type ForwardLine = (x: TypedArray, y: TypedArray, start: number, end: number, step: number) => void;
type GradientLine = (y: TypedArray, dy: TypedArray, dx: TypedArray, start: number, end: number, step: number) => void;

function forward(x: TypedArray, call: Call<K>, compute: ForwardLine): TypedArray {
  const lines = linesOf(call.in[0].shape, call.attrs.axis);
  const { n, inner } = lines;
  const y = allocate(call.out[0].dtype, x.length);
  forEachLine(lines, (start) => compute(x, y, start, start + n * inner, inner));
  return y;
}

function gradient(dy: TypedArray | null, y: TypedArray, call: Call<K>, compute: GradientLine): TypedArray {
  const lines = linesOf(call.in[0].shape, call.attrs.axis);
  const { n, inner } = lines;
  const dx = allocate(call.out[0].dtype, y.length);
  if (dy) forEachLine(lines, (start) => compute(y, dy, dx, start, start + n * inner, inner));
  return dx;
}

function softmaxLine(x: TypedArray, y: TypedArray, start: number, end: number, step: number): void {
  const most = largestOf(x, start, end, step);
  let total = 0;
  for (let i = start; i < end; i += step) {
    const e = Math.exp(x[i] - most);
    y[i] = e;
    total += e;
  }
  for (let i = start; i < end; i += step) y[i] /= total;
}

function logSoftmaxLine(x: TypedArray, y: TypedArray, start: number, end: number, step: number): void {
  const most = largestOf(x, start, end, step);
  let total = 0;
  for (let i = start; i < end; i += step) total += Math.exp(x[i] - most);
  const shift = Math.log(total);
  for (let i = start; i < end; i += step) y[i] = x[i] - most - shift;
}

function softmaxGradientLine(
  y: TypedArray,
  dy: TypedArray,
  dx: TypedArray,
  start: number,
  end: number,
  step: number,
): void {
  let total = 0;
  for (let i = start; i < end; i += step) total += dy[i] * y[i];
  for (let i = start; i < end; i += step) dx[i] = y[i] * (dy[i] - total);
}

function logSoftmaxGradientLine(
  y: TypedArray,
  dy: TypedArray,
  dx: TypedArray,
  start: number,
  end: number,
  step: number,
): void {
  let total = 0;
  for (let i = start; i < end; i += step) total += dy[i];
  for (let i = start; i < end; i += step) dx[i] = dy[i] - Math.exp(y[i]) * total;
}
