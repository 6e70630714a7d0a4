// Functions of four float32 at once. Errors are measured in test/simd-math.test.ts. NaN stays NaN throughout.

/** a b + c; in one rounding where the machine has relaxed SIMD. */
// @ts-ignore: decorator
@inline export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline export function splat(x: f32): v128 { return f32x4.splat(x); }

// @ts-ignore: decorator
@inline export function sumOfLanes(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2)) + (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3));
}

/**
 * e^x for x in [-87.3, 88.3], constant beyond. Cephes' expf: x = n ln 2 + r, a polynomial of degree 6 in r, then n goes into the
 * exponent's bits. Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
 */
// @ts-ignore: decorator
@inline export function expInRange(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, splat(88.3762626647949)), splat(-87.3365447504019));
  const shifted = f32x4.add(f32x4.mul(x, splat(1.44269504088896341)), splat(12582912));
  const n = f32x4.sub(shifted, splat(12582912));
  let r = multiplyAdd(n, splat(-0.693359375), x);
  r = multiplyAdd(n, splat(2.12194440e-4), r);
  let p = multiplyAdd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = multiplyAdd(p, r, splat(8.3334519073e-3));
  p = multiplyAdd(p, r, splat(4.1665795894e-2));
  p = multiplyAdd(p, r, splat(1.6666665459e-1));
  p = multiplyAdd(p, r, splat(5.0000001201e-1));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), splat(1));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline export function sigmoid4(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), expInRange(f32x4.neg(x))));
}

/** The rational approximation of Eigen, degrees 13 and 6: x p(x^2) / q(x^2), exact in sign and near zero. */
// @ts-ignore: decorator
@inline export function tanh4(v: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(v, splat(7.90531110763549805)), splat(-7.90531110763549805));
  const y = f32x4.mul(x, x);
  let p = multiplyAdd(splat(-2.76076847742355e-16), y, splat(2.00018790482477e-13));
  p = multiplyAdd(p, y, splat(-8.60467152213735e-11));
  p = multiplyAdd(p, y, splat(5.12229709037114e-8));
  p = multiplyAdd(p, y, splat(1.48572235717979e-5));
  p = multiplyAdd(p, y, splat(6.37261928875436e-4));
  p = multiplyAdd(p, y, splat(4.89352455891786e-3));
  let q = multiplyAdd(splat(1.19825839466702e-6), y, splat(1.18534705686654e-4));
  q = multiplyAdd(q, y, splat(2.26843463243900e-3));
  q = multiplyAdd(q, y, splat(4.89352518554385e-3));
  return f32x4.div(f32x4.mul(x, p), q);
}
