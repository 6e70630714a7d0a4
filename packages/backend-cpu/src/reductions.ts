import { type Call, type Meta, sizeOf, type TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { float64Scratch, sizeBetween } from "./arrays.js";

/** Folds the middle of `x [outer, count, inner]` away, into `out [outer, inner]`. */
type Fold = (x: TypedArray, outer: number, count: number, inner: number, out: TypedArray) => void;

/** Folds one group of neighbouring axes after the other, last group first; between groups floats are kept in float64. */
function reduce(fold: Fold, x: TypedArray, shape: readonly number[], axes: readonly number[], out: Meta): TypedArray {
  if (x.length === 0) return allocate(out.dtype, sizeOf(out.shape));
  let data = x;
  let outer = x.length;
  let inner = 1;
  let axis = shape.length - 1;
  let left = axes.length - 1;
  while (left >= 0) {
    for (; axis > axes[left]; axis--) {
      inner *= shape[axis];
      outer /= shape[axis];
    }
    let count = 1;
    for (; left >= 0 && axis === axes[left]; axis--, left--) count *= shape[axis];
    while (left >= 0 && shape[axes[left]] === 1) left--;
    if (count === 1) continue;
    outer /= count;
    const last = left < 0;
    const to = allocate(last || out.dtype === "int32" ? out.dtype : "float64", outer * inner);
    fold(data, outer, count, inner, to);
    data = to;
  }
  return data;
}

/** Sum of `n` neighbours: halves added pairwise, so that rounding grows with log n. */
export function sumRun(x: TypedArray, start: number, n: number): number {
  if (n > 512) {
    const half = n >> 1;
    return sumRun(x, start, half) + sumRun(x, start + half, n - half);
  }
  const end = start + n;
  let i = start;
  let s0 = 0;
  let s1 = 0;
  for (; i + 1 < end; i += 2) {
    s0 += x[i];
    s1 += x[i + 1];
  }
  if (i < end) s0 += x[i];
  return s0 + s1;
}

/** Sums over the rows of `x [rows, columns]`, starting at `start`, into `out[at]` onwards. */
export function sumColumns(
  x: TypedArray,
  start: number,
  rows: number,
  columns: number,
  out: TypedArray,
  at: number,
): void {
  const totals = float64Scratch(columns);
  for (let j = 0; j < columns; j++) totals[j] = 0;
  let i = start;
  for (let r = 0; r < rows; r++) for (let j = 0; j < columns; j++) totals[j] += x[i++];
  for (let j = 0; j < columns; j++) out[at + j] = totals[j];
}

const foldSum: Fold = (x, outer, count, inner, out) => {
  if (inner === 1) {
    for (let o = 0; o < outer; o++) out[o] = sumRun(x, o * count, count);
  } else {
    for (let o = 0; o < outer; o++) sumColumns(x, o * count * inner, count, inner, out, o * inner);
  }
};

const foldMax: Fold = (x, outer, count, inner, out) => {
  for (let o = 0; o < outer; o++) {
    const start = o * count * inner;
    if (inner === 1) {
      let best = x[start];
      for (let r = 1; r < count; r++) best = Math.max(best, x[start + r]);
      out[o] = best;
      continue;
    }
    const at = o * inner;
    for (let j = 0; j < inner; j++) out[at + j] = x[start + j];
    for (let r = 1; r < count; r++) {
      const row = start + r * inner;
      for (let j = 0; j < inner; j++) out[at + j] = Math.max(out[at + j], x[row + j]);
    }
  }
};

export function sum(inputs: readonly [TypedArray], call: Call<"sum">): readonly [TypedArray] {
  return [reduce(foldSum, inputs[0], call.in[0].shape, call.attrs.axes, call.out[0])];
}

export function max(inputs: readonly [TypedArray], call: Call<"max">): readonly [TypedArray] {
  return [reduce(foldMax, inputs[0], call.in[0].shape, call.attrs.axes, call.out[0])];
}

export function argmax(inputs: readonly [TypedArray], call: Call<"argmax">): readonly [TypedArray] {
  const x = inputs[0];
  const { shape } = call.in[0];
  const { axis } = call.attrs;
  const outer = sizeBetween(shape, 0, axis);
  const count = shape[axis];
  const inner = sizeBetween(shape, axis + 1, shape.length);
  const out = new Int32Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const start = o * count * inner + j;
      let best = x[start];
      let place = 0;
      for (let r = 1; r < count; r++) {
        const value = x[start + r * inner];
        const firstNaN = Number.isNaN(value) && !Number.isNaN(best);
        if (value > best || firstNaN) {
          best = value;
          place = r;
        }
      }
      out[o * inner + j] = place;
    }
  }
  return [out];
}

export function cumsum(inputs: readonly [TypedArray], call: Call<"cumsum">): readonly [TypedArray] {
  const x = inputs[0];
  const { shape, dtype } = call.in[0];
  const { axis, reverse } = call.attrs;
  const out = allocate(dtype, x.length);
  if (x.length === 0) return [out];
  const outer = sizeBetween(shape, 0, axis);
  const count = shape[axis];
  const inner = sizeBetween(shape, axis + 1, shape.length);
  const step = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let i = (o * count + (reverse ? count - 1 : 0)) * inner + j;
      let total = 0;
      for (let r = 0; r < count; r++) {
        total += x[i];
        out[i] = total;
        i += step;
      }
    }
  }
  return [out];
}
