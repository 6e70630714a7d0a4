import { ArgumentError, DTypeError, type Shape, ShapeError, table } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { bool, f32, f64, i32 } from "./metas.js";

describe("reshape", () => {
  test.each<[Shape, Shape]>([
    [[2, 3], [6]],
    [[1], []],
    [
      [0, 3],
      [5, 0],
    ],
  ])("%j becomes %j", (from, to) => {
    expect(table.reshape.infer([i32(...from)], { shape: to })).toEqual([i32(...to)]);
  });

  test("refuses another number of elements", () => {
    expect(() => table.reshape.infer([f32(2, 3)], { shape: [4] })).toThrow(
      "reshape: [2, 3] has 6 elements, [4] has 4; the number of elements must stay",
    );
  });

  test("refuses sizes that are no sizes", () => {
    expect(() => table.reshape.infer([f32(2, 3)], { shape: [-2, -3] })).toThrow(ShapeError);
    expect(() => table.reshape.infer([f32(2, 3)], { shape: [1.5, 4] })).toThrow(ShapeError);
  });
});

describe("transpose", () => {
  test("orders the dimensions", () => {
    expect(table.transpose.infer([bool(2, 3, 4)], { perm: [2, 0, 1] })).toEqual([bool(4, 2, 3)]);
    expect(table.transpose.infer([f32()], { perm: [] })).toEqual([f32()]);
  });

  test.each([[[0]], [[0, 0]], [[0, 2]], [[1, -1]], [[0, 1, 2]]])("refuses %j as an order of two axes", (perm) => {
    expect(() => table.transpose.infer([f32(2, 3)], { perm })).toThrow(ShapeError);
  });
});

describe("broadcast", () => {
  test("repeats sizes of 1 and adds leading dimensions", () => {
    expect(table.broadcast.infer([f32(3, 1)], { shape: [2, 3, 4] })).toEqual([f32(2, 3, 4)]);
    expect(table.broadcast.infer([f32()], { shape: [0] })).toEqual([f32(0)]);
  });

  test.each<[Shape, Shape]>([
    [[2, 3], [3]],
    [[3], [1]],
    [[2], [3]],
    [[0], [2]],
  ])("refuses %j to %j", (from, to) => {
    expect(() => table.broadcast.infer([f32(...from)], { shape: to })).toThrow(ShapeError);
  });
});

describe("slice", () => {
  const slice = (shape: Shape, starts: number[], ends: number[], steps: number[]) =>
    table.slice.infer([f32(...shape)], { starts, ends, steps });

  test("takes from start to end, rounding a broken last step up", () => {
    expect(slice([5, 4], [1, 0], [4, 4], [1, 2])).toEqual([f32(3, 2)]);
    expect(slice([5], [0], [5], [2])).toEqual([f32(3)]);
    expect(slice([5], [2], [2], [1])).toEqual([f32(0)]);
    expect(slice([], [], [], [])).toEqual([f32()]);
  });

  test.each([
    ["a start below 0", [-1], [3], [1]],
    ["an end past the size", [0], [6], [1]],
    ["an end before the start", [3], [2], [1]],
    ["a step of 0", [0], [5], [0]],
    ["a step backwards", [0], [5], [-1]],
    ["a fraction", [0.5], [5], [1]],
    ["a missing bound", [], [5], [1]],
  ])("refuses %s", (_, starts, ends, steps) => {
    expect(() => slice([5], starts, ends, steps)).toThrow(ShapeError);
  });
});

describe("concat", () => {
  test("adds up along the axis", () => {
    expect(table.concat.infer([f32(2, 3), f32(0, 3), f32(5, 3)], { axis: 0 })).toEqual([f32(7, 3)]);
    expect(table.concat.infer([i32(2)], { axis: 0 })).toEqual([i32(2)]);
  });

  test("refuses nothing, scalars, other ranks and other sizes", () => {
    expect(() => table.concat.infer([], { axis: 0 })).toThrow(ArgumentError);
    expect(() => table.concat.infer([f32()], { axis: 0 })).toThrow(ShapeError);
    expect(() => table.concat.infer([f32(2, 3), f32(2)], { axis: 0 })).toThrow(ShapeError);
    expect(() => table.concat.infer([f32(2, 3), f32(2, 4)], { axis: 0 })).toThrow(
      "concat: [2, 4] does not join [2, 3] along axis 0",
    );
    expect(() => table.concat.infer([f32(2), f32(2)], { axis: 1 })).toThrow(ShapeError);
  });

  test("refuses two dtypes", () => {
    expect(() => table.concat.infer([f32(2), f64(2)], { axis: 0 })).toThrow(DTypeError);
  });
});

describe("pad", () => {
  test("widens each dimension", () => {
    expect(table.pad.infer([f32(2, 0)], { before: [1, 2], after: [0, 3], value: 0 })).toEqual([f32(3, 5)]);
  });

  test.each([
    ["a negative width", [-1], [0]],
    ["a fraction", [0], [0.5]],
    ["a missing width", [], [0]],
  ])("refuses %s", (_, before, after) => {
    expect(() => table.pad.infer([f32(2)], { before, after, value: 0 })).toThrow(ShapeError);
  });
});

describe("flip", () => {
  test("keeps shape and dtype", () => {
    expect(table.flip.infer([bool(2, 3)], { axes: [0, 1] })).toEqual([bool(2, 3)]);
  });

  test.each([[[2]], [[-1]], [[1, 0]]])("refuses axes %j of a matrix", (axes) => {
    expect(() => table.flip.infer([f32(2, 3)], { axes })).toThrow(ShapeError);
  });
});

describe("gather", () => {
  test("puts the indices' shape where the axis was", () => {
    expect(table.gather.infer([f32(5, 3), i32(2, 4)], { axis: 0 })).toEqual([f32(2, 4, 3)]);
    expect(table.gather.infer([f32(5, 3), i32()], { axis: 1 })).toEqual([f32(5)]);
    expect(table.gather.infer([f32(5), i32(0)], { axis: 0 })).toEqual([f32(0)]);
  });

  test("refuses indices that are not int32, and an axis that is not there", () => {
    expect(() => table.gather.infer([f32(5), f32(2)], { axis: 0 })).toThrow(
      "gather: indices must be int32, got float32",
    );
    expect(() => table.gather.infer([f32(5), i32(2)], { axis: 1 })).toThrow(ShapeError);
  });
});

describe("scatterAdd", () => {
  const scatterAdd = (...inputs: Parameters<typeof table.scatterAdd.infer>[0]) =>
    table.scatterAdd.infer(inputs, { axis: 0 });

  test("keeps the base's shape", () => {
    expect(scatterAdd(f32(5, 3), i32(2, 4), f32(2, 4, 3))).toEqual([f32(5, 3)]);
    expect(scatterAdd(f32(5), i32(), f32())).toEqual([f32(5)]);
  });

  test("refuses updates that do not fit the indices", () => {
    expect(() => scatterAdd(f32(5, 3), i32(2), f32(3, 3))).toThrow("scatterAdd: updates must be [2, 3], got [3, 3]");
  });

  test("refuses other dtypes", () => {
    expect(() => scatterAdd(f32(5), f32(2), f32(2))).toThrow(DTypeError);
    expect(() => scatterAdd(f32(5), i32(2), f64(2))).toThrow(DTypeError);
  });
});
