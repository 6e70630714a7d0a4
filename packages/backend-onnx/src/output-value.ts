import { type DType, DTypeError, dtypeOf, type HostTensor, type TypedArray } from "@unrolled/backend";
import type { Tensor } from "onnxruntime-node";
import { type FileDType, hostDType, isNumberArray, type NumberArray } from "./file-dtype.js";
import { fromHalfBits } from "./half.js";

/**
 * A result on the host. float16 comes as float32, integers as int32; 32 and 64 bit integers that do not fit come as float64,
 * which holds them exactly up to 2^53.
 */
export async function hostTensorOf(op: string, name: string, dtype: FileDType, tensor: Tensor): Promise<HostTensor> {
  const { dims } = tensor;
  const data = await tensor.getData();
  if (!isNumberArray(data)) throw notNumbers(op, name);
  const { array, as } = toHost(op, name, dtype, data);
  return { data: array, shape: dims, dtype: as };
}

function toHost(op: string, name: string, dtype: FileDType, data: NumberArray): { array: TypedArray; as: DType } {
  const as = hostDType(dtype);
  if (dtype === "float16") return { array: halves(data), as };
  if (isHostArray(data) && dtypeOf(data) === as) return { array: data, as };
  if (dtype === "int64" || dtype === "uint64" || dtype === "uint32") return wide(op, name, data);
  return { array: Int32Array.from(data as Int8Array), as };
}

function halves(data: NumberArray): Float32Array {
  const bits = new Uint16Array(data.buffer, data.byteOffset, data.length);
  return Float32Array.from(bits, fromHalfBits);
}

function isHostArray(data: NumberArray): data is TypedArray {
  return [Float32Array, Float64Array, Int32Array, Uint8Array].some((kind) => data instanceof kind);
}

function wide(op: string, name: string, data: NumberArray): { array: TypedArray; as: DType } {
  const numbers = new Float64Array(data.length);
  let fits = true;
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isSafeInteger(value)) {
      throw new DTypeError(op, `output "${name}" holds ${data[i]}, beyond 2^53`, "cast it to a float in the model");
    }
    numbers[i] = value;
    fits &&= value === (value | 0);
  }
  return fits ? { array: Int32Array.from(numbers), as: "int32" } : { array: numbers, as: "float64" };
}

/** Frees a tensor that is not on the host; one on the host frees itself. */
export function release(tensor: Tensor): void {
  if (tensor.location !== "cpu") tensor.dispose();
}

function notNumbers(op: string, name: string): DTypeError {
  return new DTypeError(op, `output "${name}" holds no numbers`, "only tensors of numbers can be read");
}
