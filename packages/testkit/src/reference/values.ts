import { type DType, type HostTensor, type Meta, type Shape, sizeOf } from "@unrolled/backend";

/** A tensor whose elements are held in float64 whatever its dtype, row-major. */
export interface Values extends Meta {
  readonly values: Float64Array;
}

/** The elements of a host array as float64. */
export function valuesOf(x: HostTensor): Values {
  return { shape: x.shape, dtype: x.dtype, values: Float64Array.from(x.data) };
}

/** Every index of a shape in row-major order; `[[]]` for a scalar. */
export function indices(shape: Shape): number[][] {
  let all: number[][] = [[]];
  for (const size of shape) {
    all = all.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i]));
  }
  return all;
}

/** Position of an index in row-major order. */
export function position(index: readonly number[], shape: Shape): number {
  return shape.reduce((sum, size, d) => sum * size + index[d], 0);
}

export function at(x: Values, index: readonly number[]): number {
  return x.values[position(index, x.shape)];
}

/** The element that broadcasting puts at `index`: aligned from the last dimension, sizes of 1 stretched. */
export function broadcastAt(x: Values, index: readonly number[]): number {
  const aligned = index.slice(index.length - x.shape.length);
  return at(
    x,
    aligned.map((i, d) => (x.shape[d] === 1 ? 0 : i)),
  );
}

/** An output made element by element. */
export function tabulate(out: Meta, element: (index: readonly number[]) => number): Float64Array {
  const values = new Float64Array(sizeOf(out.shape));
  for (const [i, index] of indices(out.shape).entries()) values[i] = settle(element(index), out.dtype);
  return values;
}

/** What a dtype makes of an exact number: int32 wraps, bool is 0 or 1, floats stay (they are rounded when compared). */
export function settle(value: number, dtype: DType): number {
  if (dtype === "int32") return value | 0;
  if (dtype === "bool") return value !== 0 ? 1 : 0;
  return value;
}
