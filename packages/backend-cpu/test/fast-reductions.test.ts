import { describe, expect, test } from "vitest";
import { fastMax, fastSum } from "../src/fast/reductions.js";
import * as plain from "../src/reductions.js";
import { expectClose, floats, runKernel } from "./fast-kernels.js";
import { testEngines } from "./fast-sequence.js";

const cases: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[100003], [0]],
  [[2049], [0]],
  [[65, 33], [0]],
  [
    [65, 33],
    [0, 1],
  ],
  [[65, 129], [1]],
  [[1001, 7], [1]],
  [[1001, 7], [0]],
  [[17, 20003], [1]],
  [[17, 20003], [0]],
  [[3, 1, 5, 257], [3]],
  [
    [3, 1, 5, 257],
    [2, 3],
  ],
  [
    [3, 1, 5, 257],
    [0, 1, 2],
  ],
  [[33, 7, 65], [1]],
  [
    [33, 7, 65],
    [0, 2],
  ],
  [[5, 100, 65], [1]],
  [[5000], []],
  [[0, 5000], [0]],
];

describe.each(testEngines())("reductions in WebAssembly with %s", (_name, engine) => {
  test.each(cases)("of %j over axes %j equal the plain ones", (shape, axes) => {
    const n = shape.reduce((size, d) => size * d, 1);
    const x = floats(n, n);
    const attrs = { axes, keepDims: false };
    const [sum] = runKernel(
      fastSum(() => engine),
      "sum",
      [x],
      [shape],
      attrs,
    );
    const [plainSum] = runKernel(plain.sum, "sum", [x], [shape], attrs);
    expectClose(sum as Float32Array, plainSum as Float32Array, 1e-7);
    if (n === 0) return;
    for (const i of [3, 1000]) x[i] = [Infinity, NaN][i % 2];
    for (let i = 2000; i < n; i += 777) x[i] = -Infinity;
    const [max] = runKernel(
      fastMax(() => engine),
      "max",
      [x],
      [shape],
      attrs,
    );
    const [plainMax] = runKernel(plain.max, "max", [x], [shape], attrs);
    expect(max).toEqual(plainMax);
    const [wild] = runKernel(
      fastSum(() => engine),
      "sum",
      [x],
      [shape],
      attrs,
    );
    expectClose(wild as Float32Array, runKernel(plain.sum, "sum", [x], [shape], attrs)[0] as Float32Array, 1e-7);
  });

  test("a sum of a million terms is exact to its rounding", () => {
    const x = floats(3, 1_000_000, (v) => 0.1 + v / 100);
    const exact = x.reduce((total, value) => total + value, 0);
    const [sum] = runKernel(
      fastSum(() => engine),
      "sum",
      [x],
      [[1_000_000]],
      { axes: [0], keepDims: false },
    );
    expectClose(sum as Float32Array, Float32Array.of(exact), 1e-7);
    const columns = runKernel(
      fastSum(() => engine),
      "sum",
      [x],
      [[62_500, 16]],
      { axes: [0], keepDims: false },
    )[0];
    for (let j = 0; j < 16; j++) {
      let total = 0;
      for (let i = j; i < x.length; i += 16) total += x[i];
      expect(columns?.[j]).toBe(Math.fround(total));
    }
  });
});
