// Softmax, its logarithm and cross-entropy over rows of n floats, n > 0, and their gradients. NaN stays NaN.
import { maxOf } from "./reductions";
import { exp4, log4, splat, storeSome, sumOfLanes } from "./simd-math";
import { partEnd, partStart } from "./threads";

/** Rows that a thread takes at least: 16 losses fill a cache line. */
const GRAIN: i32 = 16;

/** The first lanes of x, `other` in the rest. */
// @ts-ignore: decorator
@inline function firstLanes(x: v128, lanes: i32, other: v128): v128 {
  return v128.bitselect(x, other, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(lanes)));
}

/** One to four floats, zeros behind them. */
// @ts-ignore: decorator
@inline function loadUpTo4(x: usize, lanes: i32): v128 { return lanes >= 4 ? v128.load(x) : loadSome(x, lanes); }

function loadSome(x: usize, lanes: i32): v128 {
  let v = v128.load32_zero(x);
  if (lanes > 1) v = v128.load_lane<f32>(x, v, 1, 4);
  if (lanes > 2) v = v128.load_lane<f32>(x, v, 2, 8);
  return v;
}

/** out[j] = e^(x[j] - most), out 0 for none; returns their sum. */
function expRow(x: usize, out: usize, n: i32, most: f32): f32 {
  const m = splat(most);
  let total = splat(0);
  for (let left = n; left > 0; left -= 4) {
    const e = exp4(f32x4.sub(loadUpTo4(x, left), m));
    total = f32x4.add(total, left >= 4 ? e : firstLanes(e, left, splat(0)));
    if (out) {
      if (left >= 4) v128.store(out, e);
      else storeSome(out, e, left);
      out += 16;
    }
    x += 16;
  }
  return sumOfLanes(total);
}

/** out[j] = x[j] times or minus y. */
function withNumber(isProduct: bool, x: usize, out: usize, n: i32, y: f32): void {
  const ys = splat(y);
  for (; n >= 4; n -= 4) {
    const v = v128.load(x);
    v128.store(out, isProduct ? f32x4.mul(v, ys) : f32x4.sub(v, ys));
    x += 16;
    out += 16;
  }
  if (n > 0) {
    const v = loadSome(x, n);
    storeSome(out, isProduct ? f32x4.mul(v, ys) : f32x4.sub(v, ys), n);
  }
}

function logOf(x: f32): f32 { return f32x4.extract_lane(log4(splat(x)), 0); }

/** out = softmax of each row; out may be x. */
export function softmaxRows(x: usize, out: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  for (let i = partStart(rows, GRAIN, thread, threads), end = partEnd(rows, GRAIN, thread, threads); i < end; i++) {
    const from = x + <usize>i * stride, to = out + <usize>i * stride;
    const total = expRow(from, to, n, maxOf(from, n));
    withNumber(true, to, to, n, 1 / total);
  }
}

/** out = log of the softmax of each row; out may be x. */
export function logSoftmaxRows(x: usize, out: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  for (let i = partStart(rows, GRAIN, thread, threads), end = partEnd(rows, GRAIN, thread, threads); i < end; i++) {
    const from = x + <usize>i * stride, to = out + <usize>i * stride;
    const most = maxOf(from, n);
    const shift = logOf(expRow(from, 0, n, most));
    withNumber(false, from, to, n, most);
    withNumber(false, to, to, n, shift);
  }
}

/** dx = y (dy - sum of dy y) for each row; dx may be dy. */
export function softmaxGradientRows(y: usize, dy: usize, dx: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  for (let i = partStart(rows, GRAIN, thread, threads), end = partEnd(rows, GRAIN, thread, threads); i < end; i++) {
    let a = y + <usize>i * stride, b = dy + <usize>i * stride, to = dx + <usize>i * stride;
    let sum = splat(0);
    let left = n;
    for (; left >= 4; left -= 4) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
      a += 16;
      b += 16;
    }
    if (left > 0) sum = f32x4.add(sum, f32x4.mul(loadSome(a, left), loadSome(b, left)));
    const total = splat(sumOfLanes(sum));
    a = y + <usize>i * stride;
    b = dy + <usize>i * stride;
    for (left = n; left >= 4; left -= 4) {
      v128.store(to, f32x4.mul(v128.load(a), f32x4.sub(v128.load(b), total)));
      a += 16;
      b += 16;
      to += 16;
    }
    if (left > 0) storeSome(to, f32x4.mul(loadSome(a, left), f32x4.sub(loadSome(b, left), total)), left);
  }
}

/** dx = dy - e^y sum of dy for each row; dx may be dy. */
export function logSoftmaxGradientRows(y: usize, dy: usize, dx: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  for (let i = partStart(rows, GRAIN, thread, threads), end = partEnd(rows, GRAIN, thread, threads); i < end; i++) {
    let a = y + <usize>i * stride, b = dy + <usize>i * stride, to = dx + <usize>i * stride;
    let sum = splat(0);
    let left = n;
    for (; left >= 4; left -= 4) {
      sum = f32x4.add(sum, v128.load(b));
      b += 16;
    }
    if (left > 0) sum = f32x4.add(sum, loadSome(b, left));
    const total = splat(sumOfLanes(sum));
    b = dy + <usize>i * stride;
    for (left = n; left > 0; left -= 4) {
      const d = f32x4.sub(loadUpTo4(b, left), f32x4.mul(exp4(loadUpTo4(a, left)), total));
      if (left >= 4) v128.store(to, d);
      else storeSome(to, d, left);
      a += 16;
      b += 16;
      to += 16;
    }
  }
}

/**
 * losses[i] = -log(softmax(x[i]))[targets[i]], 0 for a target outside of 0 to n - 1. The probabilities go to `probabilities`
 * unless that is 0; rows without a target are left as they are.
 */
export function crossEntropyRows(x: usize, targets: usize, losses: usize, probabilities: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  for (let i = partStart(rows, GRAIN, thread, threads), end = partEnd(rows, GRAIN, thread, threads); i < end; i++) {
    const target = load<i32>(targets + (<usize>i << 2)), loss = losses + (<usize>i << 2);
    if (<u32>target >= <u32>n) {
      store<f32>(loss, 0);
      continue;
    }
    const from = x + <usize>i * stride;
    const most = maxOf(from, n);
    const own = load<f32>(from + (<usize>target << 2)) - most;
    let total: f32;
    if (probabilities) {
      const to = probabilities + <usize>i * stride;
      total = expRow(from, to, n, most);
      withNumber(true, to, to, n, 1 / total);
    } else {
      total = expRow(from, 0, n, most);
    }
    store<f32>(loss, logOf(total) - own);
  }
}

/** dx = (probabilities - 1 at the target) dy[i] for each row, 0 where there is no target; dx may be the probabilities. */
export function crossEntropyGradientRows(probabilities: usize, targets: usize, dy: usize, dx: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  for (let i = partStart(rows, GRAIN, thread, threads), end = partEnd(rows, GRAIN, thread, threads); i < end; i++) {
    const target = load<i32>(targets + (<usize>i << 2));
    const from = probabilities + <usize>i * stride, to = dx + <usize>i * stride;
    if (<u32>target >= <u32>n) {
      memory.fill(to, 0, stride);
      continue;
    }
    const scale = load<f32>(dy + (<usize>i << 2));
    const at = <usize>target << 2;
    const own = (load<f32>(from + at) - 1) * scale;
    withNumber(true, from, to, n, scale);
    store<f32>(to + at, own);
  }
}
