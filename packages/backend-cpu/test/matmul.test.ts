import { sizeOf } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { numbers, random, run, type Tensor } from "./helpers.js";

/** Element (row, column) of matrix `batch` of x, where size-1 batch dimensions repeat. */
function at(x: Tensor, batch: readonly number[], row: number, column: number, transposed: boolean): number {
  const { shape } = x.meta;
  const lead = shape.length - 2;
  let index = 0;
  for (let i = 0; i < lead; i++) {
    const place = batch[batch.length - lead + i];
    index = index * shape[i] + (shape[i] === 1 ? 0 : place);
  }
  const [r, c] = transposed ? [column, row] : [row, column];
  return x.data[(index * shape[lead] + r) * shape[lead + 1] + c];
}

function naive(a: Tensor, b: Tensor, transA: boolean, transB: boolean, k: number, shape: readonly number[]): number[] {
  const lead = shape.slice(0, -2);
  const [m, n] = shape.slice(-2);
  const out: number[] = [];
  for (let q = 0; q < sizeOf(lead); q++) {
    const batch: number[] = [];
    for (let i = lead.length - 1, rest = q; i >= 0; i--) {
      batch.unshift(rest % lead[i]);
      rest = Math.floor(rest / lead[i]);
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let s = 0;
        for (let p = 0; p < k; p++) s += at(a, batch, i, p, transA) * at(b, batch, p, j, transB);
        out.push(s);
      }
    }
  }
  return out;
}

function check(
  batchA: number[],
  batchB: number[],
  m: number,
  k: number,
  n: number,
  dtype: "float32" | "float64",
): void {
  const next = numbers(m * 101 + k * 11 + n);
  for (const transA of [false, true]) {
    for (const transB of [false, true]) {
      const a = random(next, [...batchA, ...(transA ? [k, m] : [m, k])], dtype);
      const b = random(next, [...batchB, ...(transB ? [n, k] : [k, n])], dtype);
      const c = run("matmul", [a, b], { transA, transB });
      const expected = naive(a, b, transA, transB, k, c.meta.shape);
      const tolerance = dtype === "float64" ? 1e-12 : 2e-5;
      expect(c.data.length).toBe(expected.length);
      for (let i = 0; i < expected.length; i++) expect(Math.abs(c.data[i] - expected[i])).toBeLessThan(tolerance);
    }
  }
}

describe("matmul", () => {
  const sizes = [
    [1, 1, 1],
    [1, 7, 6],
    [3, 5, 1],
    [5, 3, 2],
    [4, 4, 4],
    [17, 33, 5],
    [9, 300, 7],
    [131, 3, 7],
    [33, 17, 129],
    [130, 260, 11],
    [5, 9, 515],
    [2, 0, 3],
    [0, 4, 3],
  ];
  test.each(sizes)("[%i, %i] x [.., %i], each transpose", (m, k, n) => {
    check([], [], m, k, n, "float64");
    check([], [], m, k, n, "float32");
  });

  const batches: [number[], number[]][] = [
    [[3], []],
    [[], [3]],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [
      [1, 4],
      [3, 1],
    ],
    [[1], [1, 1]],
    [[0], [1]],
  ];
  test.each(batches)("batches %j and %j broadcast", (batchA, batchB) => {
    check(batchA, batchB, 3, 5, 2, "float64");
    check(batchA, batchB, 17, 9, 13, "float64");
  });
});
