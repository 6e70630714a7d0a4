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

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);
/** Which of its two words holds a float64's exponent on this machine. */
const highWord = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

function exponentOf(x: number): number {
  float64[0] = x;
  return ((words[highWord] >>> 20) & 0x7ff) - 1023;
}

/** x is below 2^53 and not negative. */
function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** Gives the nearest number's bits, ties to even; beyond the largest number infinity. For formats that have infinities. */
export function encoder({ exponentBits, fractionBits }: NarrowFloat): (x: number) => number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const scale = 2 ** fractionBits;
  const infinity = (2 * bias + 1) * scale;
  const negative = 2 ** (exponentBits + fractionBits);
  const unitsInOne = Array.from({ length: 2 * bias }, (_, i) => 2 ** (fractionBits - (i + 1 - bias)));
  return (x) => {
    const sign = x < 0 || Object.is(x, -0) ? negative : 0;
    if (Number.isNaN(x)) return infinity + scale / 2;
    const size = Math.abs(x);
    const exponent = Math.max(exponentOf(size), 1 - bias);
    if (exponent > bias) return sign + infinity;
    const step = exponent + bias - 1;
    // Normal numbers have a leading 1 among their units, which carries into the exponent; so does rounding up.
    return sign + Math.min(roundToEven(size * unitsInOne[step]) + step * scale, infinity);
  };
}
