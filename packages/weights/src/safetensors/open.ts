import { ArgumentError, type HostTensor } from "@unrolled/backend";
import { type ByteReader, type ByteSource, toReader } from "../source.js";
import { type Entry, headerLength, lengthBytes, op, readHeader } from "./header.js";
import { readTensor } from "./read.js";

/** What the header says of a tensor. */
export interface TensorInfo {
  readonly shape: readonly number[];
  /** Element type by its name in the file: "F32", "BF16", "I64", ... */
  readonly storedAs: string;
  /** Size in the file. */
  readonly bytes: number;
}

/** A safetensors file whose header was read, and whose tensors are read one by one. Made by `openSafetensors`. */
export class OpenSafetensors {
  /** All tensors by name, in the header's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #reader: ByteReader;
  readonly #dataStart: number;
  readonly #entries: ReadonlyMap<string, Entry>;

  /** @internal use `openSafetensors` */
  constructor(reader: ByteReader, header: ReturnType<typeof readHeader>) {
    this.#reader = reader;
    this.#dataStart = header.dataStart;
    this.#entries = new Map(header.entries.map((entry) => [entry.name, entry]));
    this.tensors = new Map(
      header.entries.map(({ name, shape, dtype, begin, end }) => [
        name,
        { shape, storedAs: dtype, bytes: end - begin },
      ]),
    );
    this.metadata = header.metadata;
  }

  /**
   * Reads one tensor; of the file only its own bytes.
   *
   * @throws ArgumentError if there is no such tensor
   * @throws FormatError as readSafetensors
   */
  async read(name: string): Promise<HostTensor> {
    const entry = this.#entries.get(name);
    if (entry === undefined)
      throw new ArgumentError(op, `there is no tensor "${name}"`, "the file's `tensors` lists them");
    return readTensor(entry, await this.#reader.read(this.#dataStart + entry.begin, entry.end - entry.begin));
  }
}

/**
 * Opens a safetensors file of any size: reads its header, and then single tensors on request. The file is checked as by
 * `readSafetensors`; tensors of element types that cannot be read are listed all the same.
 *
 * @param source bytes, a File or Blob, or a reader of parts (for files in Node: `openFile` of @unrolled/weights/node)
 * @throws FormatError that says where the file is wrong
 * @example
 * const file = await openSafetensors(input.files[0]);
 * for (const [name, { shape, storedAs }] of file.tensors) console.log(name, shape, storedAs);
 * const weight = await file.read("lstm.weight_ih_l0");
 */
export async function openSafetensors(source: ByteSource): Promise<OpenSafetensors> {
  const reader = toReader(op, source);
  const length = headerLength(await reader.read(0, Math.min(lengthBytes, reader.size)), reader.size);
  const header = await reader.read(lengthBytes, length);
  return new OpenSafetensors(reader, readHeader(header, reader.size - lengthBytes - length));
}
