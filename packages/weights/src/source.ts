import { ArgumentError, FormatError } from "@unrolled/backend";

/** Reads parts of a file. Make one for any place that gives ranges: a file, an object store, HTTP range requests. */
export interface ByteReader {
  /** Bytes of the whole file. */
  readonly size: number;
  /** `length` bytes from `offset`; both lie inside the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Where a file comes from: its bytes, a browser's `File` or `Blob`, or a reader of parts. */
export type ByteSource = Uint8Array | Blob | ByteReader;

/** The source as a reader, checked so that each read gives exactly what was asked for. */
export function toReader(op: string, source: ByteSource): ByteReader {
  const { size, read } = partsOf(op, source);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new ArgumentError(op, `a source of ${size} bytes`, "size must be a whole number of bytes");
  return {
    size,
    async read(offset, length) {
      const bytes = await read(offset, length);
      if (bytes.length !== length)
        throw new FormatError(
          op,
          `${bytes.length} of ${length} bytes could be read at byte ${offset}`,
          "the file is cut off, or changed while it was read",
        );
      return bytes;
    },
  };
}

function partsOf(op: string, source: ByteSource): ByteReader {
  if (source instanceof Uint8Array)
    return { size: source.length, read: async (offset, length) => source.subarray(offset, offset + length) };
  if (typeof Blob !== "undefined" && source instanceof Blob)
    return {
      size: source.size,
      read: async (offset, length) => new Uint8Array(await source.slice(offset, offset + length).arrayBuffer()),
    };
  const reader = source as ByteReader;
  if (typeof (reader as Partial<ByteReader> | null)?.read === "function")
    return { size: reader.size, read: (offset, length) => reader.read(offset, length) };
  throw new ArgumentError(
    op,
    "the source is neither bytes, a Blob nor a reader",
    "give a Uint8Array, a File, or { size, read(offset, length) }",
  );
}
