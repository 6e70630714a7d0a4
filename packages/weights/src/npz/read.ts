import { ArgumentError, FormatError, type HostTensor, requireKnownOptions, type TypedArray } from "@unrolled/backend";
import { elementReaders } from "../elements/readers.js";
import { readNpyHeader } from "./npy-header.js";
import { op } from "./op.js";
import { type Member, readDirectory, unpack } from "./zip.js";

/** Row-major elements from column-major ones. */
function rowMajor<T extends TypedArray>(data: T, shape: readonly number[]): T {
  const result = data.slice() as T;
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, n) => product * n, 1));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

function parseNpy(bytes: Uint8Array, place: string): HostTensor {
  const { type, littleEndian, fortranOrder, shape, dataStart } = readNpyHeader(bytes, place);
  const reader = elementReaders[type];
  const needed = shape.reduce((product, n) => product * n, reader.size);
  if (bytes.length - dataStart !== needed)
    throw new FormatError(
      op,
      `${place}: ${bytes.length - dataStart} bytes for ${type} [${shape.join(", ")}]`,
      `it needs ${needed}`,
    );
  const { data, dtype } = reader.read(bytes.subarray(dataStart), { op, tensor: place }, littleEndian);
  return { shape, dtype, data: fortranOrder ? rowMajor(data, shape) : data };
}

/**
 * Reads one npy file, as np.save writes it. Elements become dtypes as in `readSafetensors`; Fortran order becomes row-major.
 *
 * @throws FormatError that says where the file is wrong; also for arrays of objects, text or structures
 * @example
 * const { data, shape } = readNpy(await readFile("kernel.npy"));
 */
export function readNpy(bytes: Uint8Array): HostTensor {
  return parseNpy(bytes, "the array");
}

/** Options of `openNpz` and `readNpz`. */
export interface NpzOptions {
  /** Refuse archives whose arrays have more bytes than this, once unpacked. Default 1 GiB. */
  readonly maxBytes?: number;
}

/** An npz archive whose arrays are unpacked one by one. Made by `openNpz`. */
export class OpenNpz {
  /** Names of the arrays, in the archive's order: np.savez's keywords, or arr_0, arr_1, ... */
  readonly names: readonly string[];
  readonly #members: ReadonlyMap<string, Member>;

  /** @internal use `openNpz` */
  constructor(members: ReadonlyMap<string, Member>) {
    this.#members = members;
    this.names = [...members.keys()];
  }

  /**
   * Unpacks one array and checks it against its checksum.
   *
   * @throws ArgumentError if there is no such array
   * @throws FormatError as readNpy
   */
  read(name: string): HostTensor {
    const member = this.#members.get(name);
    if (member === undefined) throw new ArgumentError(op, `there is no array "${name}"`, "`names` lists them");
    return parseNpy(unpack(member), `array ${JSON.stringify(name)}`);
  }
}

/**
 * Opens an npz archive, as np.savez and np.savez_compressed write it. Members that are no npy files are passed over.
 *
 * @throws FormatError that says where the archive is wrong
 * @example
 * const archive = openNpz(await readFile("model.npz"));
 * const kernel = archive.read("lstm/lstm_cell/kernel");
 */
export function openNpz(bytes: Uint8Array, options: NpzOptions = {}): OpenNpz {
  requireKnownOptions("openNpz", options, ["maxBytes"]);
  const { maxBytes = 2 ** 30 } = options;
  const arrays = new Map<string, Member>();
  let total = 0;
  for (const [name, member] of readDirectory(bytes)) {
    if (!name.endsWith(".npy")) continue;
    arrays.set(name.slice(0, -".npy".length), member);
    total += member.size;
  }
  if (total > maxBytes)
    throw new FormatError(
      op,
      `the arrays have ${total} bytes, and at most ${maxBytes} are allowed`,
      "allow more with { maxBytes } if you trust the file",
    );
  return new OpenNpz(arrays);
}

/**
 * Reads all arrays of an npz archive by name.
 *
 * @throws FormatError that says where the archive is wrong
 * @example
 * const arrays = readNpz(await readFile("model.npz"));
 * arrays["lstm/lstm_cell/kernel"].shape; // [3, 128]
 */
export function readNpz(bytes: Uint8Array, options: NpzOptions = {}): Record<string, HostTensor> {
  const archive = openNpz(bytes, options);
  const arrays: Record<string, HostTensor> = Object.create(null);
  for (const name of archive.names) arrays[name] = archive.read(name);
  return arrays;
}
