import { FormatError } from "@unrolled/backend";
import { findDuplicateKey } from "../duplicate-keys.js";
import { elementReaders, isStoredType } from "../elements/readers.js";

/** The name that messages about files begin with. */
export const op = "safetensors";
/** The reference implementation's limit. */
export const headerLimit = 100_000_000;
/** The header's length comes first, in so many bytes. */
export const lengthBytes = 8;

/** Where a tensor lies: `begin` and `end` count from the start of the data. */
export interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Byte of the file at which the data begins. */
  readonly dataStart: number;
}

export const quote = (text: unknown): string => {
  const json = JSON.stringify(text) ?? String(text);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
};

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of a file that does not begin with a header's length, what it may be instead, by its first bytes. */
function remedyFor(start: Uint8Array, otherwise: string): string {
  const isZip = start[0] === 0x50 && start[1] === 0x4b;
  const isPickle = start[0] === 0x80 && start[1] >= 2 && start[1] <= 5;
  if (isZip)
    return "it is a zip archive: of a PyTorch .pt file save the weights with safetensors.torch.save_file, read a .npz file with readNpz";
  if (isPickle) return "it looks like a pickle: save the weights with safetensors.torch.save_file";
  return otherwise;
}

/** Bytes of the header after its length. `start` holds the first bytes of the file. */
export function headerLength(start: Uint8Array, fileSize: number): number {
  if (fileSize < lengthBytes) {
    throw new FormatError(
      op,
      `the file has ${fileSize} bytes`,
      "a safetensors file begins with the 8-byte length of its header",
    );
  }
  const length = new DataView(start.buffer, start.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(headerLimit)) {
    throw new FormatError(
      op,
      `byte 0: a header of ${length} bytes`,
      remedyFor(start, `at most ${headerLimit} are allowed; is this a safetensors file?`),
    );
  }
  if (lengthBytes + Number(length) > fileSize) {
    throw new FormatError(
      op,
      `byte 0: a header of ${length} bytes in a file of ${fileSize}`,
      remedyFor(start, "the file is cut off, or is not a safetensors file"),
    );
  }
  return Number(length);
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(op, "the header, from byte 8, is not UTF-8", "is this a safetensors file?", { cause });
  }
}

function parseHeader(text: string): JsonObject {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(
      op,
      `the header, from byte 8, is not JSON: ${(cause as Error).message}`,
      "is this a safetensors file?",
      { cause },
    );
  }
  if (!text.startsWith("{") || !isObject(header)) {
    throw new FormatError(op, "the header, from byte 8, is not a JSON object", 'it must begin with "{"');
  }
  const twice = findDuplicateKey(text);
  if (twice !== null)
    throw new FormatError(op, `the header has the key ${quote(twice)} twice`, "each name must come once");
  return header;
}

function readMetadata(value: unknown): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  if (value === undefined) return metadata;
  if (!isObject(value))
    throw new FormatError(op, "header: __metadata__ is not an object", "it maps strings to strings");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw new FormatError(op, `header: __metadata__ ${quote(key)} is ${quote(text)}`, "metadata are strings only");
    }
    metadata[key] = text;
  }
  return metadata;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Bytes of a tensor, checked so that the product cannot lose precision. */
function byteSize(place: string, shape: readonly number[], elementSize: number): number {
  let size = elementSize;
  for (const n of shape) {
    size *= n;
    if (!Number.isSafeInteger(size))
      throw new FormatError(op, `${place}: shape [${shape.join(", ")}] is too large`, "the file is damaged");
  }
  return size;
}

function readEntry(name: string, value: unknown, available: number): Entry {
  const place = `tensor ${quote(name)}`;
  if (!isObject(value)) throw new FormatError(op, `${place} is ${quote(value)}`, "it must be an object");
  const { dtype, shape, data_offsets: offsets, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new FormatError(op, `${place} has a field ${quote(other)}`, "the fields are dtype, shape and data_offsets");
  if (typeof dtype !== "string")
    throw new FormatError(op, `${place}: dtype ${quote(dtype)}`, "it must be the name of an element type");
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw new FormatError(op, `${place}: shape ${quote(shape)}`, "it must be a list of whole numbers");
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw new FormatError(op, `${place}: data_offsets ${quote(offsets)}`, "they must be two whole numbers");
  }
  const [begin, end] = offsets;
  if (begin > end || end > available) {
    throw new FormatError(
      op,
      `${place}: data_offsets [${begin}, ${end}] in ${available} bytes of data`,
      "the file is cut off or damaged",
    );
  }
  // Of types that cannot be read the size is not known; they are refused when they are read.
  const needed = isStoredType(dtype) ? byteSize(place, shape, elementReaders[dtype].size) : end - begin;
  if (end - begin !== needed) {
    throw new FormatError(
      op,
      `${place}: ${end - begin} bytes for ${dtype} [${shape.join(", ")}]`,
      `it needs ${needed}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Every byte of the data must belong to one tensor. */
function requireContiguous(entries: readonly Entry[], available: number): void {
  let expected = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== expected) {
      const what =
        begin < expected ? "overlaps the tensor before it" : `leaves a hole after byte ${expected} of the data`;
      throw new FormatError(
        op,
        `tensor ${quote(name)} at byte ${begin} of the data ${what}`,
        "tensors must lie one after another",
      );
    }
    expected = end;
  }
  if (expected !== available) {
    throw new FormatError(op, `${available - expected} bytes after the last tensor`, "the file must end with it");
  }
}

/**
 * Reads and checks a header. Nothing as large as the file claims to be is allocated before it is known to be there.
 *
 * @param header its bytes, without its length
 * @param available bytes of the file after the header
 */
export function readHeader(header: Uint8Array, available: number): Header {
  const { __metadata__: metadata, ...tensors } = parseHeader(decodeText(header));
  const entries = Object.entries(tensors).map(([name, value]) => readEntry(name, value, available));
  requireContiguous(entries, available);
  return { entries, metadata: readMetadata(metadata), dataStart: lengthBytes + header.length };
}
