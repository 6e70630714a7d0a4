import type { DType } from "@unrolled/backend";
import { TensorProto_DataType as Type } from "onnx-buf";

/** Element types that inputs and outputs of a file may have. */
export type FileDType = DType | "float16" | "int8" | "int16" | "int64" | "uint8" | "uint16" | "uint32" | "uint64";

/** ONNX's numbers for them. */
export const fileDTypes: ReadonlyMap<number, FileDType> = new Map<number, FileDType>([
  [Type.FLOAT, "float32"],
  [Type.DOUBLE, "float64"],
  [Type.FLOAT16, "float16"],
  [Type.INT8, "int8"],
  [Type.INT16, "int16"],
  [Type.INT32, "int32"],
  [Type.INT64, "int64"],
  [Type.UINT8, "uint8"],
  [Type.UINT16, "uint16"],
  [Type.UINT32, "uint32"],
  [Type.UINT64, "uint64"],
  [Type.BOOL, "bool"],
]);

/** Any typed array of numbers. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

type WideDType = "int64" | "uint64";
type WideArray = BigInt64Array | BigUint64Array;

/** The arrays in which ONNX Runtime holds 64 bit integers. */
export const wideArrays: { readonly [D in WideDType]: new (length: number) => WideArray } = {
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

/** The arrays in which it holds the other element types; float16 as bits. */
export const narrowArrays: {
  readonly [D in Exclude<FileDType, WideDType>]: new (
    length: number,
  ) => Exclude<NumberArray, WideArray>;
} = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  bool: Uint8Array,
};

export const fileArrays: { readonly [D in FileDType]: new (length: number) => NumberArray } = {
  ...narrowArrays,
  ...wideArrays,
};

/** The dtype that stands for a file's element type on the host: all integers are int32, float16 is float32. */
export function hostDType(dtype: FileDType): DType {
  if (dtype === "float32" || dtype === "float64" || dtype === "bool") return dtype;
  return dtype === "float16" ? "float32" : "int32";
}

export function isNumberArray(value: unknown): value is NumberArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
