import { bytesPerElement, type DType, DTypeError, type HostTensor, type TypedArray } from "@unrolled/backend";
import { bfloat16, encoder, float16 } from "./floats.js";

/** Half precision that floats can be stored in. */
export type HalfType = "F16" | "BF16";

const encoders: Readonly<Record<HalfType, (x: number) => number>> = { F16: encoder(float16), BF16: encoder(bfloat16) };

const asTheyAre: Readonly<Record<DType, "F32" | "F64" | "I32" | "BOOL">> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  bool: "BOOL",
};

/** How a tensor is stored: raw, or floats rounded to half precision. */
export interface Stored {
  readonly type: "F32" | "F64" | "I32" | "BOOL" | HalfType;
  /** Bytes of one element. */
  readonly size: number;
}

export function storedAs(dtype: DType, half: HalfType | undefined): Stored {
  const isFloat = dtype === "float32" || dtype === "float64";
  return isFloat && half !== undefined
    ? { type: half, size: 2 }
    : { type: asTheyAre[dtype], size: bytesPerElement(dtype) };
}

/** Raw little-endian bytes. */
export function rawBytes(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Rounded to nearest, ties to even. Finite numbers that would become infinite are refused. */
export function halfBytes(op: string, name: string, { data }: HostTensor, half: HalfType): Uint8Array {
  const encode = encoders[half];
  const bytes = new Uint8Array(2 * data.length);
  const view = new DataView(bytes.buffer);
  const infinity = encode(Number.POSITIVE_INFINITY);
  for (let i = 0; i < data.length; i++) {
    const bits = encode(data[i]);
    if ((bits & 0x7fff) === infinity && Number.isFinite(data[i])) {
      throw new DTypeError(
        op,
        `tensor "${name}": element ${i}, ${data[i]}, is beyond ${half}`,
        half === "F16" ? "use BF16, or leave dtype out" : "leave dtype out",
      );
    }
    view.setUint16(2 * i, bits, true);
  }
  return bytes;
}
