import type { Meta, TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { erfOf } from "./erf.js";

type Loop = (x: TypedArray, out: TypedArray, n: number) => void;
export type UnaryKernel = (
  inputs: readonly [TypedArray],
  call: { readonly out: readonly [Meta] },
) => readonly [TypedArray];

function unary(loop: Loop): UnaryKernel {
  return (inputs, call) => {
    const x = inputs[0];
    const n = x.length;
    const out = allocate(call.out[0].dtype, n);
    loop(x, out, n);
    return [out];
  };
}

// Each op has a loop of its own: a loop that took the scalar function as an argument would call it once an element.

export const neg: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = -x[i];
});

export const abs: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.abs(x[i]);
});

export const sign: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.sign(x[i]);
});

export const exp: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.exp(x[i]);
});

export const log: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.log(x[i]);
});

export const sqrt: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.sqrt(x[i]);
});

export const sin: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.sin(x[i]);
});

export const cos: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.cos(x[i]);
});

export const tanh: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.tanh(x[i]);
});

/** Where e^-x is Infinity the quotient is 0, the right limit, so one form serves both signs. */
export const sigmoid: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = 1 / (1 + Math.exp(-x[i]));
});

/** `out` is zeros at first; the comparison is false for NaN, which is therefore kept. */
export const relu: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) {
    const value = x[i];
    if (!(value <= 0)) out[i] = value;
  }
});

export const erf: UnaryKernel = unary((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = erfOf(x[i]);
});
