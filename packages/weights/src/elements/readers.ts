import { type DType, FormatError, type TypedArray } from "@unrolled/backend";
import { bfloat16, decodeFloat, float8e4m3, float8e5m2, float16, type NarrowFloat } from "./floats.js";

/** Names the reading function and the tensor, for messages. */
export interface Place {
  readonly op: string;
  readonly tensor: string;
}

export interface Elements {
  readonly data: TypedArray;
  readonly dtype: DType;
}

/** How raw elements of a file become a host array. */
export interface ElementReader {
  /** Bytes of one element. */
  readonly size: number;
  read(bytes: Uint8Array, place: Place, littleEndian: boolean): Elements;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Keeps every bit, those of NaNs too. */
function bytesAsTheyAre(dtype: DType, size: number, make: (buffer: ArrayBuffer) => TypedArray): ElementReader {
  return {
    size,
    read(bytes, _, littleEndian) {
      const own = new Uint8Array(bytes);
      if (!littleEndian) for (let i = 0; i < own.length; i += size) own.subarray(i, i + size).reverse();
      return { data: make(own.buffer), dtype };
    },
  };
}

function narrow(format: NarrowFloat): ElementReader {
  const size = format.exponentBits + format.fractionBits > 7 ? 2 : 1;
  let table: Float32Array | null = null;
  return {
    size,
    read(bytes, _, littleEndian) {
      table ??= new Float32Array(256 ** size).map((_value, bits) => decodeFloat(format, bits));
      const data = new Float32Array(bytes.length / size);
      const [low, high] = littleEndian ? [0, size - 1] : [size - 1, 0];
      for (let i = 0; i < data.length; i++) {
        const at = size * i;
        data[i] = table[size === 1 ? bytes[at] : bytes[at + low] + 256 * bytes[at + high]];
      }
      return { data, dtype: "float32" };
    },
  };
}

function smallInteger(
  size: number,
  element: (view: DataView, offset: number, littleEndian: boolean) => number,
): ElementReader {
  return {
    size,
    read(bytes, _, littleEndian) {
      const view = viewOf(bytes);
      const data = new Int32Array(bytes.length / size);
      for (let i = 0; i < data.length; i++) data[i] = element(view, i * size, littleEndian);
      return { data, dtype: "int32" };
    },
  };
}

/** int32 where every element fits, else float64, which is exact up to 2^53. */
function largeInteger(
  size: number,
  element: (view: DataView, offset: number, littleEndian: boolean) => bigint | number,
): ElementReader {
  return {
    size,
    read(bytes, { op, tensor }, littleEndian) {
      const view = viewOf(bytes);
      const wide = new Float64Array(bytes.length / size);
      let fits = true;
      for (let i = 0; i < wide.length; i++) {
        const value = element(view, i * size, littleEndian);
        wide[i] = Number(value);
        if (!Number.isSafeInteger(wide[i])) {
          throw new FormatError(
            op,
            `${tensor}: element ${i}, ${value}, is beyond 2^53`,
            "JavaScript numbers cannot hold it exactly; store the tensor as float64",
          );
        }
        fits &&= wide[i] === (wide[i] | 0);
      }
      return fits ? { data: Int32Array.from(wide), dtype: "int32" } : { data: wide, dtype: "float64" };
    },
  };
}

const bool: ElementReader = {
  size: 1,
  read(bytes, { op, tensor }) {
    const bad = bytes.findIndex((byte) => byte > 1);
    if (bad >= 0)
      throw new FormatError(op, `${tensor}: element ${bad} of a BOOL tensor is ${bytes[bad]}`, "booleans are 0 or 1");
    return { data: new Uint8Array(bytes), dtype: "bool" };
  },
};

export type StoredType =
  | `F${"64" | "32" | "16" | "8_E4M3" | "8_E5M2"}`
  | "BF16"
  | `${"I" | "U"}${"64" | "32" | "16" | "8"}`
  | "BOOL";

/** Element types that can be read, by the names that safetensors gives them. */
export const elementReaders: Readonly<Record<StoredType, ElementReader>> = {
  F64: bytesAsTheyAre("float64", 8, (buffer) => new Float64Array(buffer)),
  F32: bytesAsTheyAre("float32", 4, (buffer) => new Float32Array(buffer)),
  F16: narrow(float16),
  BF16: narrow(bfloat16),
  F8_E4M3: narrow(float8e4m3),
  F8_E5M2: narrow(float8e5m2),
  I64: largeInteger(8, (view, at, little) => view.getBigInt64(at, little)),
  I32: bytesAsTheyAre("int32", 4, (buffer) => new Int32Array(buffer)),
  I16: smallInteger(2, (view, at, little) => view.getInt16(at, little)),
  I8: smallInteger(1, (view, at) => view.getInt8(at)),
  U64: largeInteger(8, (view, at, little) => view.getBigUint64(at, little)),
  U32: largeInteger(4, (view, at, little) => view.getUint32(at, little)),
  U16: smallInteger(2, (view, at, little) => view.getUint16(at, little)),
  U8: smallInteger(1, (view, at) => view.getUint8(at)),
  BOOL: bool,
};

export function isStoredType(name: string): name is StoredType {
  return Object.hasOwn(elementReaders, name);
}
