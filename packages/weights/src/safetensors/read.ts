import { FormatError, type HostTensor } from "@unrolled/backend";
import { elementReaders, isStoredType } from "../elements/readers.js";
import { type Entry, headerLength, lengthBytes, op, quote, readHeader } from "./header.js";

/** What `readSafetensors` returns. */
export interface SafetensorsFile {
  /** By name, in the header's order; the object has no prototype. */
  readonly tensors: Record<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor from its raw elements. */
export function readTensor({ name, dtype, shape }: Entry, elements: Uint8Array): HostTensor {
  const tensor = `tensor ${quote(name)}`;
  if (!isStoredType(dtype)) {
    throw new FormatError(
      op,
      `${tensor}: dtype ${quote(dtype)} cannot be read`,
      `convert it to one of ${Object.keys(elementReaders).join(", ")}`,
    );
  }
  return { shape, ...elementReaders[dtype].read(elements, { op, tensor }, true) };
}

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors). The file is not trusted: sizes, offsets, names and
 * metadata are checked before anything is made from them, and every byte must belong to one tensor.
 *
 * F32, F64, I32 and BOOL keep their type. F16, BF16, F8_E4M3 and F8_E5M2 become float32, which holds them exactly. U8, I8, U16
 * and I16 become int32; U32, I64 and U64 become int32 if all elements fit, else float64.
 *
 * @throws FormatError that says where the file is wrong; also for integers beyond 2^53, and for other element types
 * @example
 * const { tensors, metadata } = readSafetensors(await readFile("model.safetensors"));
 * tensors["lstm.weight_ih_l0"].shape; // [128, 3]
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const dataStart = lengthBytes + headerLength(bytes, bytes.length);
  const { entries, metadata } = readHeader(bytes.subarray(lengthBytes, dataStart), bytes.length - dataStart);
  const tensors: Record<string, HostTensor> = Object.create(null);
  for (const entry of entries) {
    tensors[entry.name] = readTensor(entry, bytes.subarray(dataStart + entry.begin, dataStart + entry.end));
  }
  return { tensors, metadata };
}
