/** Largest finite float16. */
export const largestFloat16 = 65504;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * The bits of the float16 nearest to a float32, ties to even (IEEE 754 binary16). Numbers of 65520 and more become
 * infinite, as the standard has it; callers keep tensors with numbers over 65504 in float32.
 */
export function toFloat16Bits(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const exponent = (bits[0] >>> 23) & 0xff;
  const fraction = bits[0] & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200 | (fraction >>> 13));
  const scaled = exponent - 112;
  if (scaled >= 31) return sign | 0x7c00;
  if (scaled > 0) return sign | roundedShift((scaled << 23) | fraction, 13);
  if (scaled < -10) return sign;
  return sign | roundedShift(0x800000 | fraction, 14 - scaled);
}

/** `value / 2^shift`, rounded to the nearest integer, ties to even. A carry out of the fraction raises the exponent by itself. */
function roundedShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const lost = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return lost > half || (lost === half && (kept & 1) === 1) ? kept + 1 : kept;
}

/** The number behind the bits of a float16. */
export function fromFloat16Bits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
