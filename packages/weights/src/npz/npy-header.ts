import { FormatError } from "@unrolled/backend";
import type { StoredType } from "../elements/readers.js";
import { op } from "./op.js";

export interface NpyHeader {
  readonly type: StoredType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Byte at which the elements begin. */
  readonly dataStart: number;
}

const types: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ["f2", "F16"],
  ["f4", "F32"],
  ["f8", "F64"],
  ["i1", "I8"],
  ["i2", "I16"],
  ["i4", "I32"],
  ["i8", "I64"],
  ["u1", "U8"],
  ["u2", "U16"],
  ["u4", "U32"],
  ["u8", "U64"],
  ["b1", "BOOL"],
]);
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const largestHeader = 65_535;

function headerText(bytes: Uint8Array, place: string): { text: string; dataStart: number } {
  const [major, minor] = [bytes[6], bytes[7]];
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte))
    throw new FormatError(op, `${place} is not an npy array`, "save arrays with np.save or np.savez");
  if (major < 1 || major > 3 || minor !== 0)
    throw new FormatError(op, `${place}: npy version ${major}.${minor}`, "versions 1.0, 2.0 and 3.0 can be read");
  const lengthSize = major === 1 ? 2 : 4;
  const start = 8 + lengthSize;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length =
    bytes.length < start
      ? Number.POSITIVE_INFINITY
      : lengthSize === 2
        ? view.getUint16(8, true)
        : view.getUint32(8, true);
  if (length > largestHeader || start + length > bytes.length)
    throw new FormatError(
      op,
      `${place}: a header of ${length} bytes in ${bytes.length}`,
      `at most ${largestHeader} are allowed; the file is damaged`,
    );
  const decoder = new TextDecoder(major === 3 ? "utf-8" : "latin1");
  return { text: decoder.decode(bytes.subarray(start, start + length)), dataStart: start + length };
}

const field = /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d\s,L]*)\))\s*(,?)/y;

/** The Python dictionary with its three keys, each once, as strings. */
function readFields(text: string, place: string): Map<string, string> {
  const bad = (): FormatError =>
    new FormatError(
      op,
      `${place}: header ${JSON.stringify(text.trim().slice(0, 80))}`,
      "it must hold descr (one type of numbers), fortran_order and shape",
    );
  const body = text.trim();
  if (!body.startsWith("{") || !body.endsWith("}")) throw bad();
  const inner = body.slice(1, -1).trim();
  const fields = new Map<string, string>();
  field.lastIndex = 0;
  let at = 0;
  while (at < inner.length) {
    field.lastIndex = at;
    const match = field.exec(inner);
    if (match === null || fields.has(match[1])) throw bad();
    const [whole, key, quoted, flag, tuple, comma] = match;
    const value = { descr: quoted, fortran_order: flag, shape: tuple }[key];
    if (value === undefined) throw bad();
    fields.set(key, value);
    at += whole.length;
    if (comma === "" && at < inner.length) throw bad();
  }
  if (fields.size !== 3) throw bad();
  return fields;
}

function readShape(tuple: string, place: string): number[] {
  const items = tuple.split(",").map((item) => item.trim().replace(/L$/, ""));
  if (items.at(-1) === "") items.pop();
  const shape = items.map((item) => (item === "" ? Number.NaN : Number(item)));
  const size = shape.reduce((product, n) => product * n, 1);
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(size))
    throw new FormatError(op, `${place}: shape (${tuple})`, "it must be a tuple of whole numbers");
  return shape;
}

/** Reads and checks the header of an npy array (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
export function readNpyHeader(bytes: Uint8Array, place: string): NpyHeader {
  const { text, dataStart } = headerText(bytes, place);
  const fields = readFields(text, place);
  const descr = fields.get("descr") ?? "";
  const type = types.get(descr.slice(1));
  const oneByte = descr.endsWith("1");
  if (type === undefined || !(oneByte ? "|<>" : "<>").includes(descr[0]))
    throw new FormatError(
      op,
      `${place}: type ${JSON.stringify(descr)} is not one of numbers that can be read`,
      "save floats, integers or booleans (f2 to f8, i1 to i8, u1 to u8, b1)",
    );
  return {
    type,
    littleEndian: descr[0] !== ">",
    fortranOrder: fields.get("fortran_order") === "True",
    shape: readShape(fields.get("shape") ?? "", place),
    dataStart,
  };
}
