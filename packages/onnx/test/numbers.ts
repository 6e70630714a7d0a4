import { type Shape, sizeOf } from "@unrolled/backend";
import { expect } from "vitest";
import { f32, type Host } from "./values.js";

/** Numbers in [-1, 1), the same on every run. */
export function numbers(count: number, seed = 1): number[] {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export function random(shape: Shape, seed: number, scale = 1): Host {
  const drawn = numbers(sizeOf(shape), seed);
  return f32(
    shape,
    drawn.map((v) => v * scale),
  );
}

/** Every element within `tolerance`, relative above 1; NaN and infinities must match exactly. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    const close = Object.is(a, e) || a === e || Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e));
    if (!close) expect.fail(`element ${i} is ${a}, expected ${e} (tolerance ${tolerance})`);
  }
}
