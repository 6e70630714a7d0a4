import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  stridesOf,
} from "@unrolled/backend";
import { describe, expect, test } from "vitest";

test.each<[Shape, number, number[]]>([
  [[], 1, []],
  [[5], 5, [1]],
  [[2, 3, 4], 24, [12, 4, 1]],
  [[2, 0, 4], 0, [0, 4, 1]],
])("%j has %i elements and strides %j", (shape, size, strides) => {
  expect(sizeOf(shape)).toBe(size);
  expect(stridesOf(shape)).toEqual(strides);
});

test("shapes are the same by rank and sizes", () => {
  expect(sameShape([2, 3], [2, 3])).toBe(true);
  expect(sameShape([2, 3], [3, 2])).toBe(false);
  expect(sameShape([2, 3], [2, 3, 1])).toBe(false);
  expect(sameShape([], [])).toBe(true);
});

test("shapes are written as in JavaScript", () => {
  expect(formatShape([2, 3])).toBe("[2, 3]");
  expect(formatShape([])).toBe("[]");
});

describe("broadcastShapes", () => {
  test.each<[Shape, Shape, Shape]>([
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3], [2, 3]],
    [[2, 3], [], [2, 3]],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [
      [4, 1, 3],
      [2, 1],
      [4, 2, 3],
    ],
    [[2, 0], [1], [2, 0]],
    [
      [2, 0],
      [2, 1],
      [2, 0],
    ],
    [[1], [0], [0]],
  ])("%j with %j gives %j, in either order", (a, b, expected) => {
    expect(broadcastShapes("add", a, b)).toEqual(expected);
    expect(broadcastShapes("add", b, a)).toEqual(expected);
  });

  test("hands back the operand's own shape where that is the result", () => {
    const [wide, narrow] = [
      [2, 3],
      [1, 3],
    ];
    expect(broadcastShapes("add", wide, narrow)).toBe(wide);
    expect(broadcastShapes("add", narrow, wide)).toBe(wide);
  });

  test.each<[Shape, Shape]>([
    [[2, 3], [2]],
    [
      [2, 3],
      [4, 3],
    ],
    [
      [2, 0],
      [2, 2],
    ],
  ])("refuses %j with %j, naming op and shapes", (a, b) => {
    expect(() => broadcastShapes("mul", a, b)).toThrow(ShapeError);
    expect(() => broadcastShapes("mul", a, b)).toThrow(
      `mul: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast; sizes must be equal or 1`,
    );
  });
});

describe("axes", () => {
  test.each([
    [0, 3, 0],
    [2, 3, 2],
    [-1, 3, 2],
    [-3, 3, 0],
  ])("axis %i of rank %i is %i", (axis, rank, expected) => {
    expect(normalizeAxis("sum", axis, rank)).toBe(expected);
  });

  test.each([
    [3, 3, "use an integer from -3 to 2"],
    [-4, 3, "use an integer from -3 to 2"],
    [0.5, 3, "use an integer from -3 to 2"],
    [Number.NaN, 3, "use an integer from -3 to 2"],
    [0, 0, "a scalar has no axes"],
  ])("axis %d of rank %i is refused", (axis, rank, remedy) => {
    expect(() => normalizeAxis("sum", axis, rank)).toThrow(ShapeError);
    expect(() => normalizeAxis("sum", axis, rank)).toThrow(remedy);
  });

  test("a list of axes comes out sorted and non-negative; none means all", () => {
    expect(normalizeAxes("sum", [-1, 0], 3)).toEqual([0, 2]);
    expect(normalizeAxes("sum", 1, 3)).toEqual([1]);
    expect(normalizeAxes("sum", [], 3)).toEqual([]);
    expect(normalizeAxes("sum", undefined, 3)).toEqual([0, 1, 2]);
    expect(normalizeAxes("sum", undefined, 0)).toEqual([]);
  });

  test("an axis named twice is refused, also under two names", () => {
    expect(() => normalizeAxes("sum", [1, -2], 3)).toThrow("sum: axes [1, 1] name an axis twice");
  });

  test("a reduction drops its axes, or keeps them as 1", () => {
    expect(reducedShape([2, 3, 4], [0, 2], false)).toEqual([3]);
    expect(reducedShape([2, 3, 4], [0, 2], true)).toEqual([1, 3, 1]);
    expect(reducedShape([2, 0], [1], true)).toEqual([2, 1]);
    expect(reducedShape([], [], false)).toEqual([]);
  });
});

describe("checkShape", () => {
  test.each<[Shape]>([[[]], [[0]], [[1, 2, 3]]])("accepts %j", (shape) => {
    expect(() => checkShape("fill", shape)).not.toThrow();
  });

  test.each<[Shape]>([[[-1]], [[1.5]], [[Number.NaN]], [[2, Number.POSITIVE_INFINITY]], [[65536, 65536]]])(
    "refuses %j",
    (shape) => {
      expect(() => checkShape("fill", shape)).toThrow(ShapeError);
    },
  );
});
