import type { HostTensor } from "@unrolled/backend";
import { storedTypes } from "./dtypes.js";
import { readHeader } from "./header.js";

export interface SafetensorsFile {
  /** By name, in the header's order; the object has no prototype. */
  readonly tensors: Record<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors). The file is not trusted: sizes, offsets, names and
 * metadata are checked before anything is made from them, and every byte must belong to one tensor.
 *
 * F32, F64, I32 and BOOL keep their type. F16 and BF16 become float32, which holds them exactly. U8, I8, U16 and I16 become
 * int32; U32, I64 and U64 become int32 if all elements fit, else float64.
 *
 * @throws FormatError that says where the file is wrong; also for integers beyond 2^53
 * @example
 * const { tensors, metadata } = readSafetensors(await readFile("model.safetensors"));
 * tensors["lstm.weight_ih_l0"].shape; // [128, 3]
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { entries, metadata, dataStart } = readHeader(bytes);
  const tensors: Record<string, HostTensor> = Object.create(null);
  for (const { name, dtype, shape, begin, end } of entries) {
    const stored = storedTypes.get(dtype);
    const elements = bytes.subarray(dataStart + begin, dataStart + end);
    if (stored !== undefined) tensors[name] = { shape, ...stored.read(elements, `tensor ${JSON.stringify(name)}`) };
  }
  return { tensors, metadata };
}
