import {
  ArgumentError,
  DTypeError,
  dtypeOf,
  formatShape,
  type HostTensor,
  requireKnownOptions,
  ShapeError,
  sizeOf,
} from "@unrolled/backend";
import { type HalfType, halfBytes, rawBytes, type Stored, storedAs } from "../elements/writers.js";
import { headerLimit } from "./header.js";

const op = "writeSafetensors";
const alignment = 8;

function check(name: string, { data, shape, dtype }: HostTensor): void {
  if (name === "__metadata__") {
    throw new ArgumentError(
      op,
      "a tensor is named __metadata__",
      "the format keeps that name for metadata; use another",
    );
  }
  if (dtypeOf(data) !== dtype) {
    throw new DTypeError(op, `tensor "${name}" is said to be ${dtype} and holds ${dtypeOf(data)}`, "make them agree");
  }
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      op,
      `tensor "${name}" has ${data.length} elements and shape ${formatShape(shape)}`,
      "make them agree",
    );
  }
}

/** Options of `writeSafetensors`. */
export interface WriteOptions {
  /** Store float32 and float64 tensors in half precision, rounded to nearest, ties to even. As they are when left out. */
  readonly dtype?: HalfType;
}

interface Item {
  readonly name: string;
  readonly tensor: HostTensor;
  readonly stored: Stored;
}

/** Largest elements first, so that each tensor is aligned to its element size; then by name. */
function inFileOrder(tensors: Readonly<Record<string, HostTensor>>, half: HalfType | undefined): Item[] {
  return Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, stored: storedAs(tensor.dtype, half) }))
    .sort((a, b) => b.stored.size - a.stored.size || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * Writes tensors as a safetensors file: float32 as F32, float64 as F64, int32 as I32, bool as BOOL, or floats as F16 or BF16.
 * The same tensors give the same bytes, in whatever order they are listed.
 *
 * @param metadata strings by name, kept in the file's header
 * @throws DTypeError for a finite number that half precision would make infinite
 * @throws ArgumentError for another half type, metadata that are no text, or too long a header
 * @example
 * const bytes = writeSafetensors({ bias: { data: new Float32Array([1, 2]), shape: [2], dtype: "float32" } }, { epoch: "7" });
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  requireKnownOptions(op, options, ["dtype"]);
  const { dtype: half } = options;
  if (half !== undefined && half !== "F16" && half !== "BF16")
    throw new ArgumentError(op, `dtype ${String(half)}`, 'use "F16" or "BF16", or leave it out');
  const header = new Map<string, unknown>();
  const notText = Object.entries(metadata).find(([, value]) => typeof value !== "string");
  if (notText !== undefined) {
    throw new ArgumentError(op, `metadata "${notText[0]}" is not a string`, "metadata are strings; use JSON.stringify");
  }
  if (Object.keys(metadata).length > 0) header.set("__metadata__", metadata);
  const items = inFileOrder(tensors, half);
  let end = 0;
  for (const { name, tensor, stored } of items) {
    check(name, tensor);
    const begin = end;
    end += tensor.data.length * stored.size;
    header.set(name, { dtype: stored.type, shape: tensor.shape, data_offsets: [begin, end] });
  }
  // Written key by key, as an object would put names that look like numbers first and lose "__proto__".
  const json = `{${[...header].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const headerLength = Math.ceil(text.length / alignment) * alignment;
  if (headerLength > headerLimit) {
    throw new ArgumentError(
      op,
      `the header would have ${headerLength} bytes`,
      `the format allows ${headerLimit}; write fewer tensors`,
    );
  }
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(text, 8);
  let at = 8 + headerLength;
  for (const { name, tensor, stored } of items) {
    const isHalf = stored.type === "F16" || stored.type === "BF16";
    const elements = isHalf ? halfBytes(op, name, tensor, stored.type) : rawBytes(tensor.data);
    bytes.set(elements, at);
    at += elements.length;
  }
  return bytes;
}
