import type { Call, Meta, Shape, TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { copyRun, setAll, sizeBetween } from "./arrays.js";
import { strided } from "./strided.js";

export function reshape(inputs: readonly [TypedArray]): readonly [TypedArray] {
  return inputs;
}

export function transpose(inputs: readonly [TypedArray], call: Call<"transpose">): readonly [TypedArray] {
  const { perm } = call.attrs;
  const { shape } = call.in[0];
  const strides = new Array<number>(perm.length);
  for (let i = 0; i < perm.length; i++) strides[i] = sizeBetween(shape, perm[i] + 1, shape.length);
  return [strided(inputs[0], 0, strides, call.out[0])];
}

export function broadcast(inputs: readonly [TypedArray], call: Call<"broadcast">): readonly [TypedArray] {
  const { shape } = call.in[0];
  if (inputs[0].length === 1) return [repeated(inputs[0][0], call.out[0])];
  const added = call.out[0].shape.length - shape.length;
  const strides = new Array<number>(call.out[0].shape.length);
  let stride = 1;
  for (let i = strides.length - 1; i >= 0; i--) {
    const size = i < added ? 1 : shape[i - added];
    strides[i] = size === 1 ? 0 : stride;
    stride *= size;
  }
  return [strided(inputs[0], 0, strides, call.out[0])];
}

function repeated(value: number, { shape, dtype }: Meta): TypedArray {
  const out = allocate(dtype, sizeBetween(shape, 0, shape.length));
  setAll(out, value);
  return out;
}

export function slice(inputs: readonly [TypedArray], call: Call<"slice">): readonly [TypedArray] {
  const { starts, steps } = call.attrs;
  const { shape } = call.in[0];
  const strides = new Array<number>(shape.length);
  let stride = 1;
  let offset = 0;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride * steps[i];
    offset += stride * starts[i];
    stride *= shape[i];
  }
  return [strided(inputs[0], offset, strides, call.out[0])];
}

export function flip(inputs: readonly [TypedArray], call: Call<"flip">): readonly [TypedArray] {
  const { axes } = call.attrs;
  const { shape } = call.in[0];
  const strides = new Array<number>(shape.length);
  let stride = 1;
  let offset = 0;
  for (let i = shape.length - 1; i >= 0; i--) {
    const flipped = axes.includes(i);
    strides[i] = flipped ? -stride : stride;
    if (flipped) offset += stride * (shape[i] - 1);
    stride *= shape[i];
  }
  return [strided(inputs[0], offset, strides, call.out[0])];
}

export function concat(inputs: readonly TypedArray[], call: Call<"concat">): readonly [TypedArray] {
  const { axis } = call.attrs;
  const { shape, dtype } = call.out[0];
  const outer = sizeBetween(shape, 0, axis);
  const row = sizeBetween(shape, axis, shape.length);
  const out = allocate(dtype, outer * row);
  if (out.length === 0) return [out];
  let column = 0;
  for (let k = 0; k < inputs.length; k++) {
    const x = inputs[k];
    const run = x.length / outer;
    for (let o = 0; o < outer; o++) copyRun(x, o * run, out, o * row + column, run);
    column += run;
  }
  return [out];
}

export function pad(inputs: readonly [TypedArray], call: Call<"pad">): readonly [TypedArray] {
  const x = inputs[0];
  const { before, value } = call.attrs;
  const { shape, dtype } = call.out[0];
  const out = allocate(dtype, sizeBetween(shape, 0, shape.length));
  if (value !== 0) out.fill(dtype === "bool" ? 1 : value);
  if (x.length > 0) place(x, call.in[0].shape, out, shape, before);
  return [out];
}

/** Copies `x` into the box of `out` that starts at `before`. */
function place(x: TypedArray, inner: Shape, out: TypedArray, outer: Shape, before: readonly number[]): void {
  const last = inner.length - 1;
  if (last < 0) {
    out[0] = x[0];
    return;
  }
  const run = inner[last];
  for (let i = 0; i < x.length; i += run) {
    let row = i / run;
    let at = before[last];
    let stride = outer[last];
    for (let d = last - 1; d >= 0; d--) {
      at += stride * (before[d] + (row % inner[d]));
      row = Math.floor(row / inner[d]);
      stride *= outer[d];
    }
    copyRun(x, i, out, at, run);
  }
}
