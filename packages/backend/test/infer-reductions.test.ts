import { DTypeError, ShapeError, table } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { bool, f32, f64, i32 } from "./metas.js";

describe.each(["sum", "max"] as const)("%s", (op) => {
  test("drops the axes, or keeps them as 1", () => {
    expect(table[op].infer([f32(2, 3, 4)], { axes: [0, 2], keepDims: false })).toEqual([f32(3)]);
    expect(table[op].infer([i32(2, 3, 4)], { axes: [1], keepDims: true })).toEqual([i32(2, 1, 4)]);
    expect(table[op].infer([f64()], { axes: [], keepDims: false })).toEqual([f64()]);
  });

  test("leaves empty axes alone that it does not reduce", () => {
    expect(table[op].infer([f32(0, 3)], { axes: [1], keepDims: false })).toEqual([f32(0)]);
  });

  test.each([[[2]], [[-1]], [[0.5]], [[1, 0]], [[0, 0]]])("refuses axes %j of a matrix", (axes) => {
    expect(() => table[op].infer([f32(2, 3)], { axes, keepDims: false })).toThrow(ShapeError);
  });

  test("refuses bool", () => {
    expect(() => table[op].infer([bool(2)], { axes: [0], keepDims: false })).toThrow(DTypeError);
  });
});

test("the sum over an empty axis exists, the largest of nothing does not", () => {
  expect(table.sum.infer([f32(2, 0)], { axes: [1], keepDims: false })).toEqual([f32(2)]);
  expect(() => table.max.infer([f32(2, 0)], { axes: [1], keepDims: false })).toThrow("max: axis 1 of [2, 0] is empty");
  expect(() => table.argmax.infer([f32(2, 0)], { axis: 1, keepDims: false })).toThrow(
    "argmax: axis 1 of [2, 0] is empty",
  );
});

describe("argmax", () => {
  test("gives int32", () => {
    expect(table.argmax.infer([f64(2, 3)], { axis: 0, keepDims: false })).toEqual([i32(3)]);
    expect(table.argmax.infer([f32(2, 3)], { axis: 1, keepDims: true })).toEqual([i32(2, 1)]);
  });

  test.each([2, -1])("refuses axis %i of a matrix", (axis) => {
    expect(() => table.argmax.infer([f32(2, 3)], { axis, keepDims: false })).toThrow(ShapeError);
  });

  test("refuses bool", () => {
    expect(() => table.argmax.infer([bool(2)], { axis: 0, keepDims: false })).toThrow(DTypeError);
  });
});

describe("cumsum", () => {
  test("keeps shape and dtype", () => {
    expect(table.cumsum.infer([f32(2, 0)], { axis: 1, reverse: true })).toEqual([f32(2, 0)]);
    expect(table.cumsum.infer([i32(4)], { axis: 0, reverse: false })).toEqual([i32(4)]);
  });

  test("refuses an axis that is not there, and bool", () => {
    expect(() => table.cumsum.infer([f32()], { axis: 0, reverse: false })).toThrow(ShapeError);
    expect(() => table.cumsum.infer([bool(2)], { axis: 0, reverse: false })).toThrow(DTypeError);
  });
});
