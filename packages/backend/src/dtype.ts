import { DTypeError } from "./errors.js";

/** Element types of a tensor. `bool` is stored as one byte an element, 0 or 1. */
export type DType = "float32" | "float64" | "int32" | "bool";

/** A host array of any dtype. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The typed array that holds elements of a given dtype on the host. */
export interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  bool: Uint8Array;
}

/** The names of all dtypes. */
export const dtypes: readonly DType[] = ["float32", "float64", "int32", "bool"];

/** Whether a dtype is float32 or float64. */
export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** Bytes that one element of each dtype takes in host memory. */
export function bytesPerElement(dtype: DType): number {
  return dtype === "float64" ? 8 : dtype === "bool" ? 1 : 4;
}

/**
 * A zero-filled host array of `length` elements.
 *
 * @throws DTypeError for a name that is no dtype
 */
export function allocate<D extends DType>(dtype: D, length: number): ArrayOf[D];
export function allocate(dtype: DType, length: number): TypedArray {
  if (dtype === "float32") return new Float32Array(length);
  if (dtype === "float64") return new Float64Array(length);
  if (dtype === "int32") return new Int32Array(length);
  if (dtype === "bool") return new Uint8Array(length);
  throw new DTypeError("allocate", `unknown dtype ${JSON.stringify(dtype)}`, `use one of ${dtypes.join(", ")}`);
}

/** The dtype that a host array holds. */
export function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int32Array) return "int32";
  return "bool";
}
