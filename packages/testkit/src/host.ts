import { allocate, type DType, type HostTensor, type Shape, sizeOf } from "@unrolled/backend";
import { type Generator, generator } from "./generator.js";

/** A host tensor of given elements, rounded to the dtype. */
export function tensor(dtype: DType, shape: Shape, values: ArrayLike<number>): HostTensor {
  const data = allocate(dtype, sizeOf(shape));
  if (values.length !== data.length)
    throw new RangeError(`${values.length} values for the shape [${shape.join(", ")}]`);
  data.set(values);
  return { data, shape, dtype };
}

/** A vector of given elements. */
export function vector(dtype: DType, values: readonly number[]): HostTensor {
  return tensor(dtype, [values.length], values);
}

/** Draws one element. */
export type Draw = (g: Generator, dtype: DType) => number;

/** Elements in (-2, 2) for floats, whole numbers in [-9, 9] for int32, 0 or 1 for bool. */
export const anyNumber: Draw = (g, dtype) =>
  dtype === "bool" ? g.integer(0, 1) : dtype === "int32" ? g.integer(-9, 9) : g.uniform(-2, 2);

/** Few distinct whole numbers, so that equal elements meet. */
export const withTies: Draw = (g, dtype) => (dtype === "bool" ? g.integer(0, 1) : g.integer(-2, 2));

export const positive: Draw = (g) => g.uniform(0.1, 3);

/** At least 1/4 away from 0. */
export const awayFromZero: Draw = (g) => g.uniform(0.25, 2) * (g.integer(0, 1) === 0 ? -1 : 1);

export const small: Draw = (g) => g.uniform(-0.6, 0.6);

/** A host tensor of drawn elements, the same for the same seed text. */
export function random(seed: string, dtype: DType, shape: Shape, draw: Draw = anyNumber): HostTensor {
  const g = generator(`${seed} ${dtype} ${shape.join("x")}`);
  return tensor(
    dtype,
    shape,
    Array.from({ length: sizeOf(shape) }, () => draw(g, dtype)),
  );
}

export function range(length: number, at: (i: number) => number): number[] {
  return Array.from({ length }, (_, i) => at(i));
}
