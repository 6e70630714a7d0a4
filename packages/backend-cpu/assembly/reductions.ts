// Sums and maxima of float32, added up in float64.
import { partEnd, partStart } from "./threads";

// @ts-ignore: decorator
@inline function low(x: v128): v128 { return f64x2.promote_low_f32x4(x); }
// @ts-ignore: decorator
@inline function high(x: v128): v128 { return f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1)); }

/** Sum of n floats that lie side by side. */
export function sumOf(x: usize, n: i32): f64 {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (; n >= 8; n -= 8) {
    const a = v128.load(x), b = v128.load(x, 16);
    s0 = f64x2.add(s0, low(a));
    s1 = f64x2.add(s1, high(a));
    s2 = f64x2.add(s2, low(b));
    s3 = f64x2.add(s3, high(b));
    x += 32;
  }
  s0 = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (; n > 0; n--) {
    sum += <f64>load<f32>(x);
    x += 4;
  }
  return sum;
}

/** Largest of n floats that lie side by side, n > 0; NaN if there is one. */
export function maxOf(x: usize, n: i32): f32 {
  let m0 = f32x4.splat(-Infinity), m1 = m0;
  for (; n >= 8; n -= 8) {
    m0 = f32x4.max(m0, v128.load(x));
    m1 = f32x4.max(m1, v128.load(x, 16));
    x += 32;
  }
  m0 = f32x4.max(m0, m1);
  let most = max(
    max(f32x4.extract_lane(m0, 0), f32x4.extract_lane(m0, 1)),
    max(f32x4.extract_lane(m0, 2), f32x4.extract_lane(m0, 3)),
  );
  for (; n > 0; n--) {
    most = max(most, load<f32>(x));
    x += 4;
  }
  return most;
}

/** out[i] = sum of row i of x [rows, n]. */
export function sumRows(x: usize, out: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  for (let i = partStart(rows, 16, thread, threads), end = partEnd(rows, 16, thread, threads); i < end; i++) {
    store<f32>(out + (<usize>i << 2), <f32>sumOf(x + (<usize>i * <usize>n << 2), n));
  }
}

/** out[i] = largest of row i of x [rows, n], n > 0. */
export function maxRows(x: usize, out: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  for (let i = partStart(rows, 16, thread, threads), end = partEnd(rows, 16, thread, threads); i < end; i++) {
    store<f32>(out + (<usize>i << 2), maxOf(x + (<usize>i * <usize>n << 2), n));
  }
}

/** out[j] = sum of column j of x [rows, n]. */
export function sumColumns(x: usize, out: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  const end = partEnd(n, 16, thread, threads);
  let j = partStart(n, 16, thread, threads);
  for (; j + 16 <= end; j += 16) {
    let from = x + (<usize>j << 2);
    const to = out + (<usize>j << 2);
    let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    for (let i = rows; i > 0; i--) {
      const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48);
      s0 = f64x2.add(s0, low(a));
      s1 = f64x2.add(s1, high(a));
      s2 = f64x2.add(s2, low(b));
      s3 = f64x2.add(s3, high(b));
      s4 = f64x2.add(s4, low(c));
      s5 = f64x2.add(s5, high(c));
      s6 = f64x2.add(s6, low(d));
      s7 = f64x2.add(s7, high(d));
      from += stride;
    }
    v128.store(to, pair(s0, s1));
    v128.store(to, pair(s2, s3), 16);
    v128.store(to, pair(s4, s5), 32);
    v128.store(to, pair(s6, s7), 48);
  }
  for (; j < end; j++) {
    let from = x + (<usize>j << 2);
    let sum: f64 = 0;
    for (let i = rows; i > 0; i--) {
      sum += <f64>load<f32>(from);
      from += stride;
    }
    store<f32>(out + (<usize>j << 2), <f32>sum);
  }
}

// @ts-ignore: decorator
@inline function pair(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2);
}

/** out[j] = largest of column j of x [rows, n], rows > 0. */
export function maxColumns(x: usize, out: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  const end = partEnd(n, 16, thread, threads);
  let j = partStart(n, 16, thread, threads);
  for (; j + 16 <= end; j += 16) {
    let from = x + (<usize>j << 2);
    const to = out + (<usize>j << 2);
    let m0 = v128.load(from), m1 = v128.load(from, 16), m2 = v128.load(from, 32), m3 = v128.load(from, 48);
    for (let i = rows - 1; i > 0; i--) {
      from += stride;
      m0 = f32x4.max(m0, v128.load(from));
      m1 = f32x4.max(m1, v128.load(from, 16));
      m2 = f32x4.max(m2, v128.load(from, 32));
      m3 = f32x4.max(m3, v128.load(from, 48));
    }
    v128.store(to, m0);
    v128.store(to, m1, 16);
    v128.store(to, m2, 32);
    v128.store(to, m3, 48);
  }
  for (; j < end; j++) {
    let from = x + (<usize>j << 2);
    let most = load<f32>(from);
    for (let i = rows - 1; i > 0; i--) {
      from += stride;
      most = max(most, load<f32>(from));
    }
    store<f32>(out + (<usize>j << 2), most);
  }
}
