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

/** e^(x - n ln 2) for whole n, the remainder within ln 2 / 2: a polynomial of degree 6. */
// @ts-ignore: decorator
@inline function expOfRemainder(x: v128, n: v128): v128 {
  let r = multiplyAdd(n, splat(-0.693359375), x);
  r = multiplyAdd(n, splat(2.12194440e-4), r);
  let p = multiplyAdd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = multiplyAdd(p, r, splat(8.3334519073e-3));
  p = multiplyAdd(p, r, splat(4.1665795894e-2));
  p = multiplyAdd(p, r, splat(1.6666665459e-1));
  p = multiplyAdd(p, r, splat(5.0000001201e-1));
  return f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), splat(1));
}

/**
 * e^x for x in [-87.3, 88.3], constant beyond. Cephes' expf: x = n ln 2 + r, a polynomial of degree 6 in r, then n goes into the
 * exponent's bits. Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
 */
// @ts-ignore: decorator
@inline export function expInRange(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, splat(88.3762626647949)), splat(-87.3365447504019));
  const shifted = f32x4.add(f32x4.mul(x, splat(1.44269504088896341)), splat(12582912));
  const p = expOfRemainder(x, f32x4.sub(shifted, splat(12582912)));
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

/** The sign bit. */
// @ts-ignore: decorator
@inline function signOf(x: v128): v128 { return v128.and(x, splat(-0.0)); }

/** 2^n for whole n from -126 to 127, given as integers. */
// @ts-ignore: decorator
@inline function powerOfTwo(n: v128): v128 { return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23); }

/**
 * e^x for every x: subnormal results are rounded once, Infinity and 0 beyond. As expInRange, but 2^n is multiplied in as two
 * factors, since it may be no float32 itself.
 */
// @ts-ignore: decorator
@inline export function exp4(v: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(v, splat(89)), splat(-104.5));
  const shifted = f32x4.add(f32x4.mul(x, splat(1.44269504088896341)), splat(12582912));
  const n = i32x4.sub(shifted, splat(12582912)), half = i32x4.shr_s(n, 1);
  const p = expOfRemainder(x, f32x4.sub(shifted, splat(12582912)));
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** 1 / (1 + e^-x) for every x, down to subnormal results: e^-|x| cannot overflow. */
// @ts-ignore: decorator
@inline export function fullSigmoid4(x: v128): v128 {
  const e = exp4(v128.or(x, splat(-0.0)));
  return f32x4.div(v128.bitselect(e, splat(1), f32x4.lt(x, splat(0))), f32x4.add(splat(1), e));
}

/** tanh to the last bits, 1 from 9.02 on: Cephes' tanhf, a polynomial below 0.625 and 1 - 2 / (1 + e^2x) above. */
// @ts-ignore: decorator
@inline export function fullTanh4(v: v128): v128 {
  const x = f32x4.abs(v), y = f32x4.mul(x, x);
  let p = multiplyAdd(splat(-5.70498872745e-3), y, splat(2.06390887954e-2));
  p = multiplyAdd(p, y, splat(-5.37397155531e-2));
  p = multiplyAdd(p, y, splat(1.33314422036e-1));
  p = multiplyAdd(p, y, splat(-3.33332819422e-1));
  const near = multiplyAdd(f32x4.mul(p, y), x, x);
  const far = f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(splat(1), expInRange(f32x4.add(x, x)))));
  return v128.or(v128.bitselect(far, near, f32x4.gt(x, splat(0.625))), signOf(v));
}

/** Natural logarithm: -Infinity of 0, NaN below. Cephes' logf: x = m 2^e with m in [sqrt(1/2), sqrt(2)), a polynomial in m - 1. */
// @ts-ignore: decorator
@inline export function log4(v: v128): v128 {
  const subnormal = f32x4.lt(v, splat(1.17549435e-38));
  const x = v128.bitselect(f32x4.mul(v, splat(8388608)), v, subnormal);
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.sub(i32x4.shr_s(shifted, 23), v128.and(subnormal, i32x4.splat(23)));
  const e = f32x4.convert_i32x4_s(exponent);
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(m, splat(1)), z = f32x4.mul(f, f);
  let p = multiplyAdd(splat(7.0376836292e-2), f, splat(-1.1514610310e-1));
  p = multiplyAdd(p, f, splat(1.1676998740e-1));
  p = multiplyAdd(p, f, splat(-1.2420140846e-1));
  p = multiplyAdd(p, f, splat(1.4249322787e-1));
  p = multiplyAdd(p, f, splat(-1.6668057665e-1));
  p = multiplyAdd(p, f, splat(2.0000714765e-1));
  p = multiplyAdd(p, f, splat(-2.4999993993e-1));
  p = multiplyAdd(p, f, splat(3.3333331174e-1));
  p = multiplyAdd(e, splat(-2.12194440e-4), f32x4.mul(f32x4.mul(p, f), z));
  p = multiplyAdd(z, splat(-0.5), p);
  let result = multiplyAdd(e, splat(0.693359375), f32x4.add(f, p));
  result = v128.bitselect(splat(-Infinity), result, f32x4.eq(v, splat(0)));
  result = v128.bitselect(v, result, f32x4.eq(v, splat(Infinity)));
  return v128.or(result, v128.not(f32x4.ge(v, splat(0)))); // all bits set is a NaN
}

/** Gauss error function: x p(x^2) up to 0.9, and 1 - e^q(x) above, both fitted for the least relative error. */
// @ts-ignore: decorator
@inline export function erf4(v: v128): v128 {
  const x = f32x4.pmin(f32x4.abs(v), splat(4)), y = f32x4.mul(x, x);
  let p = multiplyAdd(splat(8.513104821e-5), y, splat(-8.175639646e-4));
  p = multiplyAdd(p, y, splat(5.203859212e-3));
  p = multiplyAdd(p, y, splat(-2.68605085e-2));
  p = multiplyAdd(p, y, splat(1.128371503e-1));
  p = multiplyAdd(p, y, splat(-3.761263498e-1));
  p = multiplyAdd(p, y, splat(1.283791672e-1));
  const near = multiplyAdd(p, x, x);
  let q = multiplyAdd(splat(1.98219883e-4), x, splat(-3.065492505e-3));
  q = multiplyAdd(q, x, splat(2.23152217e-2));
  q = multiplyAdd(q, x, splat(-1.041136963e-1));
  q = multiplyAdd(q, x, splat(-6.369760636e-1));
  q = multiplyAdd(q, x, splat(-1.127797254));
  q = multiplyAdd(q, x, splat(-1.664449156e-4));
  const far = f32x4.sub(splat(1), expInRange(q));
  return v128.or(v128.bitselect(far, near, f32x4.gt(x, splat(0.9))), signOf(v));
}

/** The first one to three lanes. */
// @ts-ignore: decorator
@inline export function storeSome(out: usize, x: v128, lanes: i32): void {
  store<f32>(out, f32x4.extract_lane(x, 0));
  if (lanes > 1) store<f32>(out, f32x4.extract_lane(x, 1), 4);
  if (lanes > 2) store<f32>(out, f32x4.extract_lane(x, 2), 8);
}
