/** A binary float narrower than float32: a sign bit, exponent bits, fraction bits, with subnormal numbers. */
export interface NarrowFloat {
  readonly exponentBits: number;
  readonly fractionBits: number;
  /** Has infinities, and NaNs with any fraction; else only the largest pattern of bits is NaN. */
  readonly infinities: boolean;
}

/** IEEE 754 binary16. */
export const float16: NarrowFloat = { exponentBits: 5, fractionBits: 10, infinities: true };
/** The upper half of a float32. */
export const bfloat16: NarrowFloat = { exponentBits: 8, fractionBits: 7, infinities: true };
/** OCP 8-bit floats (https://arxiv.org/abs/2209.05433): PyTorch's float8_e4m3fn and float8_e5m2. */
export const float8e4m3: NarrowFloat = { exponentBits: 4, fractionBits: 3, infinities: false };
export const float8e5m2: NarrowFloat = { exponentBits: 5, fractionBits: 2, infinities: true };

/** The number that a pattern of bits stands for, exactly. */
export function decodeFloat({ exponentBits, fractionBits, infinities }: NarrowFloat, bits: number): number {
  const top = 2 ** exponentBits - 1;
  const scale = 2 ** fractionBits;
  const sign = bits >> (exponentBits + fractionBits) ? -1 : 1;
  const exponent = (bits >> fractionBits) & top;
  const fraction = bits & (scale - 1);
  if (exponent === top && infinities) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === top && fraction === scale - 1) return Number.NaN;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 0) return (sign * fraction * 2 ** (1 - bias)) / scale;
  return sign * (1 + fraction / scale) * 2 ** (exponent - bias);
}

const float64 = new DataView(new ArrayBuffer(8));

function exponentOf(x: number): number {
  float64.setFloat64(0, x);
  return ((float64.getUint16(0) >> 4) & 0x7ff) - 1023;
}

/** x is below 2^53 and not negative. */
function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** The nearest number's bits, ties to even; beyond the largest number infinity. For formats that have infinities. */
export function encodeFloat({ exponentBits, fractionBits }: NarrowFloat, x: number): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const infinity = (2 * bias + 1) * 2 ** fractionBits;
  const sign = x < 0 || Object.is(x, -0) ? 2 ** (exponentBits + fractionBits) : 0;
  if (Number.isNaN(x)) return infinity + 2 ** (fractionBits - 1);
  const size = Math.abs(x);
  const exponent = Math.max(exponentOf(size), 1 - bias);
  if (exponent > bias) return sign + infinity;
  const units = roundToEven(size * 2 ** (fractionBits - exponent));
  // Normal numbers have a leading 1 among their units, which carries into the exponent; so does rounding up.
  return sign + Math.min(units + (exponent + bias - 1) * 2 ** fractionBits, infinity);
}
