import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { TypedArray } from "@unrolled/backend";

/** A typed array of the dtype's own kind from what an engine returned; a copy unless `mayAlias`. */
export function toHostArray(values: unknown, dtype: TensorInfo["dtype"], mayAlias: boolean): TypedArray {
  const Kind = dtype === "float32" ? Float32Array : dtype === "int32" ? Int32Array : Uint8Array;
  if (values instanceof Kind) return mayAlias ? values : values.slice();
  return Kind.from(values as ArrayLike<number>);
}
