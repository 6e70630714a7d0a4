import { sizeOf, type TypedArray } from "@unrolled/backend";
import { Generator, type NestedArray, type Tensor, tensor } from "@unrolled/core";
import { expect } from "vitest";

/** A float64 tensor of given numbers. */
export function f64(data: NestedArray, shape?: readonly number[]): Tensor {
  return tensor(data, { dtype: "float64", ...(shape && { shape }) });
}

const generator = new Generator(20);

function fill(shape: readonly number[], next: (i: number) => number): Tensor {
  return f64(
    Array.from({ length: sizeOf(shape) }, (_, i) => next(i)),
    shape,
  );
}

/** Uniform float64 numbers. */
export function between(low: number, high: number, shape: readonly number[]): Tensor {
  return fill(shape, () => low + (high - low) * generator.uniform());
}

/** Numbers of both signs, at least 0.2 away from 0. */
export function awayFromZero(shape: readonly number[]): Tensor {
  return fill(shape, () => (0.2 + generator.uniform()) * (generator.uniform() < 0.5 ? -1 : 1));
}

/** Numbers that are all at least 0.1 apart, and 0.03 away from multiples of 0.1, in random order. */
export function spread(shape: readonly number[]): Tensor {
  const size = sizeOf(shape);
  const order = generator.permutation(size);
  return fill(shape, (i) => 0.1 * (order[i] - Math.floor(size / 2)) + 0.03 + 0.04 * generator.uniform());
}

/** Every element within `tolerance`, relative to max(1, |expected|); NaN and infinities must be the same. */
export function expectClose(
  actual: Tensor | TypedArray,
  expected: Tensor | ArrayLike<number>,
  tolerance: number,
): void {
  const a = "dataSync" in actual ? actual.dataSync() : actual;
  const b = "dataSync" in expected ? expected.dataSync() : expected;
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const error = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(b[i]));
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}
