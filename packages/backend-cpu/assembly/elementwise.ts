// out[i] = f(x[i]) for n floats; out may be x. Errors are listed in test/simd-math.test.ts.
import { erf4, exp4, fullSigmoid4, fullTanh4, log4, splat, storeSome } from "./simd-math";
import { partEnd, partStart } from "./threads";

const EXP: i32 = 0;
const LOG: i32 = 1;
const TANH: i32 = 2;
const SIGMOID: i32 = 3;
const ERF: i32 = 4;
const SQRT: i32 = 5;
const NEG: i32 = 6;
const ABS: i32 = 7;
const RELU: i32 = 8;

/** `op` is a constant at each call, so of the branches one is left. */
// @ts-ignore: decorator
@inline function apply(op: i32, x: v128): v128 {
  if (op == EXP) return exp4(x);
  if (op == LOG) return log4(x);
  if (op == TANH) return fullTanh4(x);
  if (op == SIGMOID) return fullSigmoid4(x);
  if (op == ERF) return erf4(x);
  if (op == SQRT) return f32x4.sqrt(x);
  if (op == NEG) return f32x4.neg(x);
  if (op == ABS) return f32x4.abs(x);
  return v128.andnot(x, f32x4.le(x, splat(0))); // NaN is not below 0, and stays
}

// @ts-ignore: decorator
@inline function map(op: i32, x: usize, out: usize, n: i32, thread: i32, threads: i32): void {
  const start = partStart(n, 16, thread, threads);
  let left = partEnd(n, 16, thread, threads) - start;
  x += <usize>start << 2;
  out += <usize>start << 2;
  for (; left >= 4; left -= 4) {
    v128.store(out, apply(op, v128.load(x)));
    x += 16;
    out += 16;
  }
  if (left > 0) storeSome(out, apply(op, v128.load(x)), left);
}

export function expMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(EXP, x, out, n, thread, threads); }
export function logMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(LOG, x, out, n, thread, threads); }
export function tanhMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(TANH, x, out, n, thread, threads); }
export function sigmoidMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(SIGMOID, x, out, n, thread, threads); }
export function erfMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(ERF, x, out, n, thread, threads); }
export function sqrtMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(SQRT, x, out, n, thread, threads); }
export function negMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(NEG, x, out, n, thread, threads); }
export function absMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(ABS, x, out, n, thread, threads); }
export function reluMap(x: usize, out: usize, n: i32, thread: i32, threads: i32): void { map(RELU, x, out, n, thread, threads); }
