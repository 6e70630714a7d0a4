import { type DType, FormatError, type TypedArray } from "@unrolled/backend";

/** How a file's element type is read. */
export interface StoredType {
  /** Bytes of one element. */
  readonly size: number;
  /** Elements as a host array, with the dtype they are given. `place` names the tensor for messages. */
  read(bytes: Uint8Array, place: string): { readonly data: TypedArray; readonly dtype: DType };
}

const op = "readSafetensors";
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function float32(size: number, element: (view: DataView, offset: number) => number): StoredType {
  return {
    size,
    read(bytes) {
      const view = viewOf(bytes);
      const data = new Float32Array(bytes.length / size);
      for (let i = 0; i < data.length; i++) data[i] = element(view, i * size);
      return { data, dtype: "float32" };
    },
  };
}

/** Copies raw little-endian elements, so that NaNs keep their bits. */
function copied(dtype: DType, size: number, make: (buffer: ArrayBuffer) => TypedArray): StoredType {
  return { size, read: (bytes) => ({ data: make(new Uint8Array(bytes).buffer), dtype }) };
}

function smallInteger(size: number, element: (view: DataView, offset: number) => number): StoredType {
  return {
    size,
    read(bytes) {
      const view = viewOf(bytes);
      const data = new Int32Array(bytes.length / size);
      for (let i = 0; i < data.length; i++) data[i] = element(view, i * size);
      return { data, dtype: "int32" };
    },
  };
}

/** int32 where every element fits, else float64, which is exact up to 2^53. */
function largeInteger(size: number, element: (view: DataView, offset: number) => bigint): StoredType {
  return {
    size,
    read(bytes, place) {
      const view = viewOf(bytes);
      const wide = new Float64Array(bytes.length / size);
      let fits = true;
      for (let i = 0; i < wide.length; i++) {
        const value = element(view, i * size);
        wide[i] = Number(value);
        if (!Number.isSafeInteger(wide[i])) {
          throw new FormatError(
            op,
            `${place}: element ${i}, ${value}, is beyond 2^53`,
            "JavaScript numbers cannot hold it exactly; store the tensor as float64",
          );
        }
        fits &&= wide[i] === (wide[i] | 0);
      }
      return fits ? { data: Int32Array.from(wide), dtype: "int32" } : { data: wide, dtype: "float64" };
    },
  };
}

const bool: StoredType = {
  size: 1,
  read(bytes, place) {
    const bad = bytes.findIndex((byte) => byte > 1);
    if (bad >= 0) {
      throw new FormatError(op, `${place}: element ${bad} of a BOOL tensor is ${bytes[bad]}`, "booleans are 0 or 1");
    }
    return { data: new Uint8Array(bytes), dtype: "bool" };
  },
};

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const widen = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
export function bfloat16ToNumber(bits: number): number {
  widen.setUint32(0, bits * 2 ** 16);
  return widen.getFloat32(0);
}

/** The element types that can be read, by their name in the file. */
export const storedTypes: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ["F32", copied("float32", 4, (buffer) => new Float32Array(buffer))],
  ["F64", copied("float64", 8, (buffer) => new Float64Array(buffer))],
  ["I32", copied("int32", 4, (buffer) => new Int32Array(buffer))],
  ["BOOL", bool],
  ["F16", float32(2, (view, offset) => halfToNumber(view.getUint16(offset, true)))],
  ["BF16", float32(2, (view, offset) => bfloat16ToNumber(view.getUint16(offset, true)))],
  ["U8", smallInteger(1, (view, offset) => view.getUint8(offset))],
  ["I8", smallInteger(1, (view, offset) => view.getInt8(offset))],
  ["U16", smallInteger(2, (view, offset) => view.getUint16(offset, true))],
  ["I16", smallInteger(2, (view, offset) => view.getInt16(offset, true))],
  ["U32", largeInteger(4, (view, offset) => BigInt(view.getUint32(offset, true)))],
  ["I64", largeInteger(8, (view, offset) => view.getBigInt64(offset, true))],
  ["U64", largeInteger(8, (view, offset) => view.getBigUint64(offset, true))],
]);

/** The name in the file of each dtype. */
export const storedNames: Readonly<Record<DType, string>> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  bool: "BOOL",
};
