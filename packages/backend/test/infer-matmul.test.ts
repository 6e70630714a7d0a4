import { DTypeError, type Meta, ShapeError, table } from "@unrolled/backend";
import { expect, test } from "vitest";
import { f32, f64, i32 } from "./metas.js";

const matmul = (a: Meta, b: Meta, transA = false, transB = false) => table.matmul.infer([a, b], { transA, transB });

test("multiplies matrices, each transposed on request", () => {
  expect(matmul(f32(2, 3), f32(3, 4))).toEqual([f32(2, 4)]);
  expect(matmul(f32(3, 2), f32(3, 4), true)).toEqual([f32(2, 4)]);
  expect(matmul(f32(2, 3), f32(4, 3), false, true)).toEqual([f32(2, 4)]);
  expect(matmul(f64(3, 2), f64(4, 3), true, true)).toEqual([f64(2, 4)]);
});

test("broadcasts the leading dimensions", () => {
  expect(matmul(f32(7, 2, 3), f32(3, 4))).toEqual([f32(7, 2, 4)]);
  expect(matmul(f32(2, 3), f32(7, 3, 4))).toEqual([f32(7, 2, 4)]);
  expect(matmul(f32(5, 1, 2, 3), f32(7, 3, 4))).toEqual([f32(5, 7, 2, 4)]);
});

test("takes sizes of 0, the inner one too", () => {
  expect(matmul(f32(0, 3), f32(3, 4))).toEqual([f32(0, 4)]);
  expect(matmul(f32(2, 0), f32(0, 4))).toEqual([f32(2, 4)]);
});

test("refuses inner sizes that differ, and says which operand is transposed", () => {
  expect(() => matmul(f32(2, 3), f32(4, 5))).toThrow(ShapeError);
  expect(() => matmul(f32(2, 3), f32(4, 5))).toThrow("matmul: inner sizes 3 and 4 differ, [2, 3] x [4, 5]");
  expect(() => matmul(f32(2, 3), f32(3, 4), true)).toThrow("inner sizes 2 and 3 differ, [2, 3] transposed x [3, 4]");
});

test("refuses vectors", () => {
  expect(() => matmul(f32(3), f32(3, 4))).toThrow("matmul: shapes [3] and [3, 4]; both operands need two dimensions");
  expect(() => matmul(f32(2, 3), f32(3))).toThrow(ShapeError);
});

test("refuses batches that do not broadcast", () => {
  expect(() => matmul(f32(2, 2, 3), f32(3, 3, 4))).toThrow("matmul: shapes [2] and [3] do not broadcast");
});

test("refuses int32, and two dtypes", () => {
  expect(() => matmul(i32(2, 3), i32(3, 4))).toThrow(DTypeError);
  expect(() => matmul(f32(2, 3), f64(3, 4))).toThrow("matmul: dtypes float32 and float64 differ");
});
