import {
  type Attrs,
  type FusedOp,
  type Meta,
  type Op,
  type Shape,
  sizeOf,
  type TypedArray,
  table,
} from "@unrolled/backend";
import { expect } from "vitest";
import { numbers } from "./helpers.js";

export const f32 = (shape: Shape): Meta => ({ shape, dtype: "float32" });

/** Reproducible float32 in (-1, 1), or as `fn` makes them of those. */
export function floats(seed: number, n: number, fn: (x: number) => number = (x) => x): Float32Array {
  const next = numbers(seed);
  return Float32Array.from({ length: n }, () => fn(next()));
}

/** The call that core would make, its outputs inferred by the op table. */
export function callOf<K extends Exclude<Op, FusedOp>>(
  op: K,
  metas: readonly (Meta | null)[],
  attrs: Attrs<K>,
): { attrs: Attrs<K>; in: readonly (Meta | null)[]; out: readonly (Meta | null)[] } {
  const infer = table[op].infer as unknown as (
    inputs: readonly (Meta | null)[],
    attrs: object,
  ) => readonly (Meta | null)[];
  return { attrs, in: metas, out: infer(metas, attrs) };
}

/** Runs a kernel of any op on arrays; `null` inputs are absent. */
export function runKernel<K extends Exclude<Op, FusedOp>>(
  kernel: unknown,
  op: K,
  inputs: readonly (TypedArray | null)[],
  shapes: readonly (Shape | null)[],
  attrs: Attrs<K>,
): readonly (TypedArray | null)[] {
  const metas = shapes.map((shape) => (shape ? f32(shape) : null));
  inputs.forEach((x, i) => {
    expect(x?.length ?? 0).toBe(shapes[i] ? sizeOf(shapes[i] as Shape) : 0);
  });
  return (kernel as (inputs: readonly (TypedArray | null)[], call: object) => readonly (TypedArray | null)[])(
    inputs,
    callOf(op, metas, attrs),
  );
}

/** Asserts that each element is within `tolerance` of its size, or of `scale`, and that what is not finite is the same. */
export function expectClose(got: TypedArray, expected: TypedArray, tolerance: number, scale = 0): void {
  expect(got.constructor).toBe(expected.constructor);
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) {
    if (Object.is(got[i], expected[i])) continue;
    const off = Math.abs(got[i] - expected[i]);
    if (off <= tolerance * Math.max(scale, Math.abs(expected[i]))) continue;
    expect({ i, value: got[i], off }).toEqual({ i, value: expected[i], off: 0 });
  }
}
