// Layer normalisation over rows of n floats, n > 0, and its gradients. Means and variances add up in float64.
import { sumOf } from "./reductions";
import { splat } from "./simd-math";
import { partEnd, partStart } from "./threads";

/** Rows that a thread takes at least. */
const GRAIN: i32 = 16;

// @ts-ignore: decorator
@inline function low(x: v128): v128 { return f64x2.promote_low_f32x4(x); }
// @ts-ignore: decorator
@inline function high(x: v128): v128 { return f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1)); }

/** Sum of (x[j] - mean)^2. */
function squaresOf(x: usize, n: i32, mean: f32): f64 {
  const m = splat(mean);
  let s0 = f64x2.splat(0), s1 = s0;
  for (; n >= 4; n -= 4) {
    const c = f32x4.sub(v128.load(x), m);
    const a = low(c), b = high(c);
    s0 = f64x2.add(s0, f64x2.mul(a, a));
    s1 = f64x2.add(s1, f64x2.mul(b, b));
    x += 16;
  }
  s0 = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (; n > 0; n--) {
    const c = <f64>(load<f32>(x) - mean);
    sum += c * c;
    x += 4;
  }
  return sum;
}

// @ts-ignore: decorator
@inline function scaleOf(x: usize, n: i32, mean: f32, eps: f32): f32 {
  return <f32>(1 / sqrt<f64>(squaresOf(x, n, mean) / <f64>n + <f64>eps));
}

/** out = (x - mean) / sqrt(variance + eps) * weight + bias; weight and bias 0 for none; eps by its bits. */
export function layerNormRows(x: usize, weight: usize, bias: usize, out: usize, rows: i32, n: i32, epsBits: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  const eps = reinterpret<f32>(epsBits);
  for (let i = partStart(rows, GRAIN, thread, threads), end = partEnd(rows, GRAIN, thread, threads); i < end; i++) {
    const from = x + <usize>i * stride, to = out + <usize>i * stride;
    const mean = <f32>(sumOf(from, n) / <f64>n);
    const scale = scaleOf(from, n, mean, eps);
    const m = splat(mean), s = splat(scale);
    let j: usize = 0;
    for (; j + 16 <= stride; j += 16) {
      let y = f32x4.mul(f32x4.sub(v128.load(from + j), m), s);
      if (weight) y = f32x4.mul(y, v128.load(weight + j));
      if (bias) y = f32x4.add(y, v128.load(bias + j));
      v128.store(to + j, y);
    }
    for (; j < stride; j += 4) {
      let y = (load<f32>(from + j) - mean) * scale;
      if (weight) y *= load<f32>(weight + j);
      if (bias) y += load<f32>(bias + j);
      store<f32>(to + j, y);
    }
  }
}

/** dx (0 for none) of layerNormRows; leaves the mean and 1 / deviation of each row in `moments` [rows, 2]. */
export function layerNormGradientRows(x: usize, weight: usize, dy: usize, moments: usize, dx: usize, rows: i32, n: i32, epsBits: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  const eps = reinterpret<f32>(epsBits);
  for (let i = partStart(rows, GRAIN, thread, threads), end = partEnd(rows, GRAIN, thread, threads); i < end; i++) {
    const from = x + <usize>i * stride, given = dy + <usize>i * stride, to = dx + <usize>i * stride;
    const mean = <f32>(sumOf(from, n) / <f64>n);
    const scale = scaleOf(from, n, mean, eps);
    store<f32>(moments + (<usize>i << 3), mean);
    store<f32>(moments + (<usize>i << 3), scale, 4);
    if (!dx) continue;
    const m = splat(mean), s = splat(scale);
    let t0 = f64x2.splat(0), a0 = t0;
    let j: usize = 0;
    for (; j + 16 <= stride; j += 16) {
      let g = v128.load(given + j);
      if (weight) g = f32x4.mul(g, v128.load(weight + j));
      const p = f32x4.mul(g, f32x4.mul(f32x4.sub(v128.load(from + j), m), s));
      t0 = f64x2.add(t0, f64x2.add(low(g), high(g)));
      a0 = f64x2.add(a0, f64x2.add(low(p), high(p)));
    }
    let total = f64x2.extract_lane(t0, 0) + f64x2.extract_lane(t0, 1);
    let along = f64x2.extract_lane(a0, 0) + f64x2.extract_lane(a0, 1);
    for (; j < stride; j += 4) {
      let g = load<f32>(given + j);
      if (weight) g *= load<f32>(weight + j);
      total += <f64>g;
      along += <f64>(g * ((load<f32>(from + j) - mean) * scale));
    }
    const t = <f32>(total / <f64>n), a = <f32>(along / <f64>n);
    const ts = splat(t), alongs = splat(a);
    for (j = 0; j + 16 <= stride; j += 16) {
      let g = v128.load(given + j);
      if (weight) g = f32x4.mul(g, v128.load(weight + j));
      const normal = f32x4.mul(f32x4.sub(v128.load(from + j), m), s);
      v128.store(to + j, f32x4.mul(s, f32x4.sub(f32x4.sub(g, ts), f32x4.mul(normal, alongs))));
    }
    for (; j < stride; j += 4) {
      let g = load<f32>(given + j);
      if (weight) g *= load<f32>(weight + j);
      store<f32>(to + j, scale * (g - t - (load<f32>(from + j) - mean) * scale * a));
    }
  }
}

/** Sums over the rows: dy times the normalised x into `dWeight`, and dy into `dBias`; 0 for one that is not wanted. */
export function layerNormSums(x: usize, dy: usize, moments: usize, dWeight: usize, dBias: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride: usize = <usize>n << 2;
  const end = partEnd(n, 16, thread, threads);
  let j = partStart(n, 16, thread, threads);
  for (; j + 4 <= end; j += 4) {
    const column: usize = <usize>j << 2;
    let w0 = f64x2.splat(0), w1 = w0, b0 = w0, b1 = w0;
    for (let i = 0; i < rows; i++) {
      const g = v128.load(dy + <usize>i * stride + column);
      if (dWeight) {
        const row = moments + (<usize>i << 3);
        const c = f32x4.sub(v128.load(x + <usize>i * stride + column), v128.load32_splat(row));
        const p = f32x4.mul(g, f32x4.mul(c, v128.load32_splat(row + 4)));
        w0 = f64x2.add(w0, low(p));
        w1 = f64x2.add(w1, high(p));
      }
      if (dBias) {
        b0 = f64x2.add(b0, low(g));
        b1 = f64x2.add(b1, high(g));
      }
    }
    if (dWeight) v128.store(dWeight + column, pair(w0, w1));
    if (dBias) v128.store(dBias + column, pair(b0, b1));
  }
  for (; j < end; j++) {
    const column: usize = <usize>j << 2;
    let w: f64 = 0, b: f64 = 0;
    for (let i = 0; i < rows; i++) {
      const g = load<f32>(dy + <usize>i * stride + column);
      const row = moments + (<usize>i << 3);
      if (dWeight) w += <f64>(g * ((load<f32>(x + <usize>i * stride + column) - load<f32>(row)) * load<f32>(row, 4)));
      b += <f64>g;
    }
    if (dWeight) store<f32>(dWeight + column, <f32>w);
    if (dBias) store<f32>(dBias + column, <f32>b);
  }
}

// @ts-ignore: decorator
@inline function pair(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2);
}
