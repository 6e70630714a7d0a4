import { type DType, DTypeError, ShapeError, table } from "@unrolled/backend";
import { expect, test } from "vitest";
import { bool, f32, f64, i32 } from "./metas.js";

test("cast changes the dtype alone", () => {
  expect(table.cast.infer([f32(2, 3)], { dtype: "bool" })).toEqual([bool(2, 3)]);
  expect(table.cast.infer([bool()], { dtype: "float64" })).toEqual([f64()]);
});

test("cast refuses a dtype that it does not know", () => {
  const unknown: string = "bfloat16";
  expect(() => table.cast.infer([f32(2)], { dtype: unknown as DType })).toThrow(DTypeError);
  expect(() => table.cast.infer([f32(2)], { dtype: unknown as DType })).toThrow("cast: unknown dtype bfloat16");
});

test("fill has the shape and dtype asked for", () => {
  expect(table.fill.infer([], { shape: [2, 0], value: 7, dtype: "int32" })).toEqual([i32(2, 0)]);
  expect(table.fill.infer([], { shape: [], value: 7, dtype: "float32" })).toEqual([f32()]);
  expect(() => table.fill.infer([], { shape: [-1], value: 7, dtype: "int32" })).toThrow(ShapeError);
});

test("iota is a vector", () => {
  expect(table.iota.infer([], { length: 4, dtype: "int32" })).toEqual([i32(4)]);
  expect(table.iota.infer([], { length: 0, dtype: "float64" })).toEqual([f64(0)]);
});

test.each([-1, 1.5, Number.NaN])("iota refuses a length of %d", (length) => {
  expect(() => table.iota.infer([], { length, dtype: "int32" })).toThrow(ShapeError);
});
