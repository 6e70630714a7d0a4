import type { DType, Shape, TypedArray } from "@unrolled/backend";

export interface Host {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

export const f32 = (shape: Shape, data: readonly number[]): Host => ({
  data: Float32Array.from(data),
  shape,
  dtype: "float32",
});

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array };

export function host(dtype: DType, shape: Shape, data: readonly number[]): Host {
  return { data: arrays[dtype].from(data), shape, dtype };
}
