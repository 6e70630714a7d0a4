import type { Backend, DType, Shape } from "@unrolled/backend";
import { create } from "../engine.js";
import type { Tensor } from "../tensor.js";

export function zerosOf(backend: Backend, shape: Shape, dtype: DType): Tensor {
  return create("fill", backend, { shape, value: 0, dtype });
}

export function filledLike(x: Tensor, value: number): Tensor {
  return create("fill", x.backend, { shape: x.shape, value, dtype: x.dtype });
}
