import { DTypeError, ShapeError, table } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { bool, f32, f64, i32 } from "./metas.js";

const numericUnary = ["neg", "abs", "sign", "relu"] as const;
const floatUnary = ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "erf"] as const;
const numericBinary = ["add", "sub", "mul", "maximum", "minimum"] as const;
const floatBinary = ["div", "pow"] as const;
const comparisons = ["equal", "less"] as const;

describe.each([...numericUnary, ...floatUnary])("%s", (op) => {
  test("keeps shape and dtype", () => {
    expect(table[op].infer([f32(2, 3)], {})).toEqual([f32(2, 3)]);
    expect(table[op].infer([f64()], {})).toEqual([f64()]);
    expect(table[op].infer([f32(0, 3)], {})).toEqual([f32(0, 3)]);
  });

  test("refuses bool", () => {
    expect(() => table[op].infer([bool(2)], {})).toThrow(DTypeError);
    expect(() => table[op].infer([bool(2)], {})).toThrow(new RegExp(`^${op}: .*cast`));
  });
});

test.each(numericUnary)("%s takes int32", (op) => {
  expect(table[op].infer([i32(4)], {})).toEqual([i32(4)]);
});

test.each(floatUnary)("%s refuses int32", (op) => {
  expect(() => table[op].infer([i32(4)], {})).toThrow(`${op}: needs a float tensor, got int32 [4]`);
});

describe.each([...numericBinary, ...floatBinary, ...comparisons])("%s", (op) => {
  const result = (comparisons as readonly string[]).includes(op) ? bool : f32;

  test("broadcasts", () => {
    expect(table[op].infer([f32(2, 3), f32(2, 3)], {})).toEqual([result(2, 3)]);
    expect(table[op].infer([f32(2, 1), f32(3)], {})).toEqual([result(2, 3)]);
    expect(table[op].infer([f32(), f32(4, 0)], {})).toEqual([result(4, 0)]);
    expect(table[op].infer([f32(5), f32()], {})).toEqual([result(5)]);
  });

  test("refuses shapes that do not broadcast", () => {
    expect(() => table[op].infer([f32(2, 3), f32(4)], {})).toThrow(ShapeError);
    expect(() => table[op].infer([f32(2, 3), f32(4)], {})).toThrow(`${op}: shapes [2, 3] and [4]`);
  });

  test("refuses two dtypes: nothing is promoted", () => {
    expect(() => table[op].infer([f32(2), f64(2)], {})).toThrow(DTypeError);
    expect(() => table[op].infer([f32(2), i32(2)], {})).toThrow(`${op}: dtypes float32 and int32 differ`);
  });
});

test.each(numericBinary)("%s takes int32 and refuses bool", (op) => {
  expect(table[op].infer([i32(2), i32()], {})).toEqual([i32(2)]);
  expect(() => table[op].infer([bool(2), bool(2)], {})).toThrow(DTypeError);
});

test.each(floatBinary)("%s refuses int32", (op) => {
  expect(() => table[op].infer([i32(2), i32(2)], {})).toThrow(DTypeError);
});

test.each(comparisons)("%s takes int32 and gives bool", (op) => {
  expect(table[op].infer([i32(2, 1), i32(3)], {})).toEqual([bool(2, 3)]);
});

describe("where", () => {
  test("broadcasts all three", () => {
    expect(table.where.infer([bool(2, 1), f32(3), f32()], {})).toEqual([f32(2, 3)]);
    expect(table.where.infer([bool(), i32(3), i32(2, 3)], {})).toEqual([i32(2, 3)]);
    expect(table.where.infer([bool(4), bool(), bool()], {})).toEqual([bool(4)]);
  });

  test("refuses a condition that is not bool", () => {
    expect(() => table.where.infer([f32(2), f32(2), f32(2)], {})).toThrow("where: condition must be bool, got float32");
  });

  test("refuses branches of two dtypes", () => {
    expect(() => table.where.infer([bool(2), f32(2), f64(2)], {})).toThrow(DTypeError);
  });

  test("refuses shapes that do not broadcast", () => {
    expect(() => table.where.infer([bool(4), f32(2, 3), f32(3)], {})).toThrow(ShapeError);
    expect(() => table.where.infer([bool(), f32(2), f32(3)], {})).toThrow(ShapeError);
  });
});
