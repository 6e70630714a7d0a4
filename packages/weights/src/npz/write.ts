import { ArgumentError, type DType, formatShape, type HostTensor, ShapeError, sizeOf } from "@unrolled/backend";
import { zipSync } from "fflate";
import { rawBytes } from "../elements/writers.js";

const op = "writeNpz";
const alignment = 64;
const descriptions: Readonly<Record<DType, string>> = { float32: "<f4", float64: "<f8", int32: "<i4", bool: "|b1" };
/** One date for all archives, so that the same arrays give the same bytes. */
const date = new Date(1980, 0, 1);

function npyBytes(name: string, { data, shape, dtype }: HostTensor): Uint8Array {
  if (sizeOf(shape) !== data.length)
    throw new ShapeError(
      op,
      `array "${name}" has ${data.length} elements and shape ${formatShape(shape)}`,
      "make them agree",
    );
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${descriptions[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((10 + dictionary.length + 1) / alignment) * alignment;
  const bytes = new Uint8Array(start + data.byteLength);
  const header = `\u0093NUMPY\u0001\u0000??${`${dictionary.padEnd(start - 11)}\n`}`;
  for (let i = 0; i < start; i++) bytes[i] = header.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(rawBytes(data), start);
  return bytes;
}

/**
 * Writes arrays as an npz archive, uncompressed as by np.savez, in the order given: float32 as f4, float64 as f8, int32 as i4,
 * bool as b1.
 *
 * @throws ArgumentError for more than a zip archive holds
 * @example
 * await writeFile("model.npz", writeNpz(await toKeras(model, { layers: { lstm: "lstm", head: "dense" } })));
 */
export function writeNpz(arrays: Readonly<Record<string, HostTensor>>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, npyBytes(name, array)] as const);
  const total = entries.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  if (total > 0xffff_0000 || entries.length > 0xfffe)
    throw new ArgumentError(
      op,
      `${entries.length} arrays of ${total} bytes`,
      "a zip archive holds 65,534 arrays and 4 GiB; use writeSafetensors",
    );
  return zipSync(Object.fromEntries(entries), { level: 0, mtime: date });
}
