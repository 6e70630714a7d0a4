import type { Code } from "../encode/code.js";

export type VectorFunction = "exp" | "log" | "tanh" | "sigmoid";
type Define = (code: Code, call: (name: VectorFunction) => number) => void;

const x = 0;

/** p = p * y + c for each coefficient, highest degree first. */
function polynomial(code: Code, y: number, coefficients: readonly number[]): void {
  coefficients.forEach((coefficient, i) => {
    if (i > 0) code.get(y).simd("f32x4.mul");
    code.f32x4(coefficient);
    if (i > 0) code.simd("f32x4.add");
  });
}

/**
 * e^x = 2^n e^r with |r| <= ln 2 / 2; the coefficients are those of Cephes' expf. 2^n comes as two factors, so that results below the
 * smallest normal number are right too. NaN stays NaN.
 */
const exp: Define = (code) => {
  code.get(x).f32x4(89).simd("f32x4.min").f32x4(-104).simd("f32x4.max").set(x);
  code.get(x).f32x4(Math.LOG2E).simd("f32x4.mul").simd("f32x4.nearest");
  const n = code.keep("v128");
  code.get(x).get(n).f32x4(0.693359375).simd("f32x4.mul").simd("f32x4.sub");
  code.get(n).f32x4(-2.1219444e-4).simd("f32x4.mul").simd("f32x4.sub");
  const r = code.keep("v128");
  polynomial(
    code,
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  );
  code.get(r).get(r).simd("f32x4.mul").simd("f32x4.mul");
  code.get(r).simd("f32x4.add").f32x4(1).simd("f32x4.add");
  const whole = code.local("v128");
  const half = code.local("v128");
  code.get(n).simd("i32x4.trunc_sat_f32x4_s").tee(whole).i32(1).simd("i32x4.shr_s").set(half);
  const power = (): void => {
    code.i32x4(127).simd("i32x4.add").i32(23).simd("i32x4.shl");
  };
  code.get(half);
  power();
  code.simd("f32x4.mul").get(whole).get(half).simd("i32x4.sub");
  power();
  code.simd("f32x4.mul");
};

/**
 * ln x = e ln 2 + ln m with m in [sqrt 1/2, sqrt 2); the coefficients are those of Cephes' logf. Numbers below the smallest normal one
 * are scaled up before. -Infinity for 0, NaN below.
 */
const log: Define = (code) => {
  const smallestNormal = 1.1754943508222875e-38;
  const isTiny = code.local("v128");
  const bits = code.local("v128");
  const isLow = code.local("v128");
  const e = code.local("v128");
  const m = code.local("v128");
  code.get(x).f32x4(smallestNormal).simd("f32x4.lt").tee(isTiny);
  code
    .f32x4(2 ** 23 - 1)
    .simd("v128.and")
    .f32x4(1)
    .simd("f32x4.add")
    .get(x)
    .simd("f32x4.mul")
    .set(bits);
  code.get(bits).i32(23).simd("i32x4.shr_u").i32x4(126).simd("i32x4.sub").simd("f32x4.convert_i32x4_s");
  code.get(isTiny).f32x4(23).simd("v128.and").simd("f32x4.sub").set(e);
  code.get(bits).i32x4(0x007fffff).simd("v128.and").i32x4(0x3f000000).simd("v128.or").set(m);
  code.get(m).f32x4(Math.SQRT1_2).simd("f32x4.lt").set(isLow);
  code.get(e).get(isLow).f32x4(1).simd("v128.and").simd("f32x4.sub").set(e);
  code.get(m).f32x4(1).simd("f32x4.sub").get(m).get(isLow).simd("v128.and").simd("f32x4.add").set(m);
  code.get(m).get(m).simd("f32x4.mul");
  const square = code.keep("v128");
  polynomial(
    code,
    m,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  code.get(m).simd("f32x4.mul").get(square).simd("f32x4.mul");
  code.get(e).f32x4(-2.1219444e-4).simd("f32x4.mul").simd("f32x4.add");
  code.get(square).f32x4(0.5).simd("f32x4.mul").simd("f32x4.sub");
  code.get(m).simd("f32x4.add").get(e).f32x4(0.693359375).simd("f32x4.mul").simd("f32x4.add");
  const found = code.keep("v128");
  // Above: Infinity and NaN are their own logarithms. Below: -Infinity, NaN.
  code.get(x).get(found).get(x).f32x4(Number.POSITIVE_INFINITY).simd("f32x4.eq").simd("v128.bitselect").set(found);
  code.f32x4(Number.NEGATIVE_INFINITY).get(found).get(x).f32x4(0).simd("f32x4.eq").simd("v128.bitselect").set(found);
  code.get(found).f32x4(Number.NaN).get(x).f32x4(0).simd("f32x4.ge").simd("v128.bitselect");
};

/** e^-|x| cannot overflow: it, or 1 for x >= 0, over its sum with 1. */
const sigmoid: Define = (code, call) => {
  code.get(x).simd("f32x4.abs").simd("f32x4.neg").call(call("exp"));
  const e = code.keep("v128");
  code.get(e).f32x4(1).get(x).f32x4(0).simd("f32x4.lt").simd("v128.bitselect");
  code.get(e).f32x4(1).simd("f32x4.add").simd("f32x4.div");
};

/** The rational approximation of Eigen, x p(x^2) / q(x^2) of degrees 13 and 6: exact in sign, right near zero. */
const tanh: Define = (code) => {
  const limit = 7.905311107635498;
  code.get(x).f32x4(limit).simd("f32x4.min").f32x4(-limit).simd("f32x4.max").tee(x).get(x).simd("f32x4.mul");
  const y = code.keep("v128");
  polynomial(
    code,
    y,
    [
      -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
      6.37261928875436e-4, 4.89352455891786e-3,
    ],
  );
  polynomial(code, y, [1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3]);
  code.simd("f32x4.div").get(x).simd("f32x4.mul");
};

/** Bodies of functions of one vector. */
export const vectorFunctions: Readonly<Record<VectorFunction, Define>> = { exp, log, sigmoid, tanh };
