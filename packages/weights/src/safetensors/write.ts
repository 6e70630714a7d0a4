import {
  ArgumentError,
  bytesPerElement,
  DTypeError,
  dtypeOf,
  formatShape,
  type HostTensor,
  ShapeError,
  sizeOf,
} from "@unrolled/backend";
import { storedNames } from "./dtypes.js";
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

/** Largest elements first, so that each tensor is aligned to its element size; then by name. */
function inFileOrder(tensors: Readonly<Record<string, HostTensor>>): [string, HostTensor][] {
  return Object.entries(tensors).sort(
    ([a, x], [b, y]) => bytesPerElement(y.dtype) - bytesPerElement(x.dtype) || (a < b ? -1 : a > b ? 1 : 0),
  );
}

/**
 * Writes tensors as a safetensors file: float32 as F32, float64 as F64, int32 as I32, bool as BOOL. The same tensors give the
 * same bytes, in whatever order they are listed.
 *
 * @param metadata strings by name, kept in the file's header
 * @example
 * const bytes = writeSafetensors({ bias: { data: new Float32Array([1, 2]), shape: [2], dtype: "float32" } }, { epoch: "7" });
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header = new Map<string, unknown>();
  const notText = Object.entries(metadata).find(([, value]) => typeof value !== "string");
  if (notText !== undefined) {
    throw new ArgumentError(op, `metadata "${notText[0]}" is not a string`, "metadata are strings; use JSON.stringify");
  }
  if (Object.keys(metadata).length > 0) header.set("__metadata__", metadata);
  const entries = inFileOrder(tensors);
  let end = 0;
  for (const [name, tensor] of entries) {
    check(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    header.set(name, { dtype: storedNames[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] });
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
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
