import type { DType } from "@unrolled/backend";
import type { ModelBuilder } from "../../builder.js";
import { int, ints } from "../../proto.js";

export const add = (b: ModelBuilder, x: string, y: string): string => b.node("Add", [x, y]);
export const sub = (b: ModelBuilder, x: string, y: string): string => b.node("Sub", [x, y]);
export const mul = (b: ModelBuilder, x: string, y: string): string => b.node("Mul", [x, y]);
export const matmul = (b: ModelBuilder, x: string, y: string): string => b.node("MatMul", [x, y]);
export const where = (b: ModelBuilder, condition: string, x: string, y: string): string =>
  b.node("Where", [condition, x, y]);

/** x (1 - y), with one product less. */
export const timesRest = (b: ModelBuilder, x: string, y: string): string => sub(b, x, mul(b, x, y));

/** Rows and columns of a matrix exchanged. */
export const transpose = (b: ModelBuilder, x: string): string => b.node("Transpose", [x], [ints("perm", [1, 0])]);

/** Cut along an axis into parts of the given sizes. */
export function split(b: ModelBuilder, x: string, sizes: readonly number[], axis: number): readonly string[] {
  if (sizes.length === 1) return [x];
  return b.emit(
    "Split",
    [x, b.int64(sizes)],
    [int("axis", axis)],
    sizes.map(() => true),
  );
}

/** The sizes of the dimensions from `start` to before `end`, as they are when the model runs. */
export const sizesAt = (b: ModelBuilder, x: string, start: number, end: number): string =>
  b.node("Shape", [x], [int("start", start), int("end", end)]);

/** One value in a shape that is known only when the model runs. */
export const filledAs = (b: ModelBuilder, value: number, shape: string, dtype: DType): string =>
  b.node("Expand", [b.scalar(value, dtype), shape]);

/** Sums over one axis, which stays as a dimension of size 1. */
export const sumOver = (b: ModelBuilder, x: string, axis: number): string =>
  b.node("ReduceSum", [x, b.int64([axis])], [int("keepdims", 1)]);
