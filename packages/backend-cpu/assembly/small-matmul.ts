import { multiplyAdd, splat, sumOfLanes } from "./simd-math";

/** a b + c in two roundings: in few long chains of sums an addition alone is sooner done than a fused one. */
// @ts-ignore: decorator
@inline function separateMultiplyAdd(a: v128, b: v128, c: v128): v128 { return f32x4.add(f32x4.mul(a, b), c); }

/** Products with few rows, few columns or little work, straight from the operands. */
export function smallMatmul(
  m: i32, n: i32, k: i32,
  a: usize, aStride: usize, aTransposed: bool,
  b: usize, bStride: usize, bTransposed: bool,
  c: usize, cStride: usize, start: usize, startStride: usize,
): void {
  if (!start) startStride = 0;
  // A vector may be read either way.
  if (m == 1 && aTransposed && aStride == 4) aTransposed = false;
  if (n == 1 && !bTransposed && bStride == 4) bTransposed = true;
  const aStep: usize = aTransposed ? aStride : 4, aRow: usize = aTransposed ? 4 : aStride;
  let i = 0;
  if (bTransposed && aStep == 4) {
    for (; i + 2 <= m; i += 2) {
      const row = a + <usize>i * aRow, to = c + <usize>i * cStride, from = start ? start + <usize>i * startStride : 0;
      dotTwoRows(row, aRow, b, bStride, to, cStride, from, startStride, n, k);
    }
  }
  for (; i < m; i++) {
    const row = a + <usize>i * aRow, to = c + <usize>i * cStride, from = start ? start + <usize>i * startStride : 0;
    if (bTransposed) {
      if (aStep == 4) dotRows(row, b, bStride, to, from, n, k);
      else stridedDotRows(row, aStep, b, bStride, to, from, n, k);
    } else combineRows(row, aStep, b, bStride, to, from, n, k);
  }
}

/** to[j] = from[j] + row . b[j, :] */
export function dotRows(row: usize, b: usize, bStride: usize, to: usize, from: usize, n: i32, k: i32): void {
  const whole: usize = <usize>(k & ~3) << 2, end: usize = <usize>k << 2;
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    const b0 = b + <usize>j * bStride, b1 = b0 + bStride, b2 = b1 + bStride, b3 = b2 + bStride;
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const x = v128.load(row + at);
      s0 = separateMultiplyAdd(x, v128.load(b0 + at), s0);
      s1 = separateMultiplyAdd(x, v128.load(b1 + at), s1);
      s2 = separateMultiplyAdd(x, v128.load(b2 + at), s2);
      s3 = separateMultiplyAdd(x, v128.load(b3 + at), s3);
    }
    const low = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
    const high = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
    let sums = f32x4.add(v128.shuffle<f64>(low, high, 0, 2), v128.shuffle<f64>(low, high, 1, 3));
    for (; at < end; at += 4) {
      const lanes = f32x4(load<f32>(b0 + at), load<f32>(b1 + at), load<f32>(b2 + at), load<f32>(b3 + at));
      sums = multiplyAdd(v128.load32_splat(row + at), lanes, sums);
    }
    if (from) sums = f32x4.add(sums, v128.load(from + (<usize>j << 2)));
    v128.store(to + (<usize>j << 2), sums);
  }
  for (; j < n; j++) {
    const line = b + <usize>j * bStride;
    let s = splat(0);
    let at: usize = 0;
    for (; at < whole; at += 16) s = separateMultiplyAdd(v128.load(row + at), v128.load(line + at), s);
    let sum = sumOfLanes(s);
    for (; at < end; at += 4) sum += load<f32>(row + at) * load<f32>(line + at);
    store<f32>(to + (<usize>j << 2), from ? sum + load<f32>(from + (<usize>j << 2)) : sum);
  }
}

/** The sums of four vectors' lanes. */
// @ts-ignore: decorator
@inline function sumsOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const low = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const high = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(low, high, 0, 2), v128.shuffle<f64>(low, high, 1, 3));
}

/** dotRows for two rows, so that b is read once; to the bit the same. */
function dotTwoRows(
  row: usize, rowStride: usize, b: usize, bStride: usize,
  to: usize, toStride: usize, from: usize, fromStride: usize, n: i32, k: i32,
): void {
  const whole: usize = <usize>(k & ~3) << 2, end: usize = <usize>k << 2, row2 = row + rowStride, to2 = to + toStride;
  const from2 = from ? from + fromStride : 0;
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    const b0 = b + <usize>j * bStride, b1 = b0 + bStride, b2 = b1 + bStride, b3 = b2 + bStride;
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0), r0 = splat(0), r1 = splat(0), r2 = splat(0), r3 = splat(0);
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const x = v128.load(row + at), y = v128.load(row2 + at);
      let w = v128.load(b0 + at);
      s0 = separateMultiplyAdd(x, w, s0);
      r0 = separateMultiplyAdd(y, w, r0);
      w = v128.load(b1 + at);
      s1 = separateMultiplyAdd(x, w, s1);
      r1 = separateMultiplyAdd(y, w, r1);
      w = v128.load(b2 + at);
      s2 = separateMultiplyAdd(x, w, s2);
      r2 = separateMultiplyAdd(y, w, r2);
      w = v128.load(b3 + at);
      s3 = separateMultiplyAdd(x, w, s3);
      r3 = separateMultiplyAdd(y, w, r3);
    }
    let sums = sumsOfFour(s0, s1, s2, s3), sums2 = sumsOfFour(r0, r1, r2, r3);
    for (; at < end; at += 4) {
      const lanes = f32x4(load<f32>(b0 + at), load<f32>(b1 + at), load<f32>(b2 + at), load<f32>(b3 + at));
      sums = multiplyAdd(v128.load32_splat(row + at), lanes, sums);
      sums2 = multiplyAdd(v128.load32_splat(row2 + at), lanes, sums2);
    }
    const column: usize = <usize>j << 2;
    if (from) {
      sums = f32x4.add(sums, v128.load(from + column));
      sums2 = f32x4.add(sums2, v128.load(from2 + column));
    }
    v128.store(to + column, sums);
    v128.store(to2 + column, sums2);
  }
  if (j == n) return;
  const line = b + <usize>j * bStride, column: usize = <usize>j << 2;
  dotRows(row, line, bStride, to + column, from ? from + column : 0, n - j, k);
  dotRows(row2, line, bStride, to2 + column, from2 ? from2 + column : 0, n - j, k);
}

function stridedDotRows(row: usize, step: usize, b: usize, bStride: usize, to: usize, from: usize, n: i32, k: i32): void {
  for (let j = 0; j < n; j++) {
    let x = row, y = b + <usize>j * bStride;
    let sum: f32 = from ? load<f32>(from + (<usize>j << 2)) : 0;
    for (let p = k; p > 0; p--) {
      sum += load<f32>(x) * load<f32>(y);
      x += step;
      y += 4;
    }
    store<f32>(to + (<usize>j << 2), sum);
  }
}

/** to = from + the rows of b, weighted by the elements of `row` */
function combineRows(row: usize, step: usize, b: usize, bStride: usize, to: usize, from: usize, n: i32, k: i32): void {
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const at: usize = <usize>j << 2;
    let s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
    if (from) {
      s0 = v128.load(from + at);
      s1 = v128.load(from + at, 16);
      s2 = v128.load(from + at, 32);
      s3 = v128.load(from + at, 48);
    }
    let x = row, y = b + at;
    for (let p = k; p > 0; p--) {
      const weight = v128.load32_splat(x);
      s0 = multiplyAdd(weight, v128.load(y), s0);
      s1 = multiplyAdd(weight, v128.load(y, 16), s1);
      s2 = multiplyAdd(weight, v128.load(y, 32), s2);
      s3 = multiplyAdd(weight, v128.load(y, 48), s3);
      x += step;
      y += bStride;
    }
    v128.store(to + at, s0);
    v128.store(to + at, s1, 16);
    v128.store(to + at, s2, 32);
    v128.store(to + at, s3, 48);
  }
  for (; j + 4 <= n; j += 4) {
    const at: usize = <usize>j << 2;
    let s = from ? v128.load(from + at) : splat(0);
    let x = row, y = b + at;
    for (let p = k; p > 0; p--) {
      s = multiplyAdd(v128.load32_splat(x), v128.load(y), s);
      x += step;
      y += bStride;
    }
    v128.store(to + at, s);
  }
  for (; j < n; j++) {
    const at: usize = <usize>j << 2;
    let x = row, y = b + at;
    let sum: f32 = from ? load<f32>(from + at) : 0;
    for (let p = k; p > 0; p--) {
      sum += load<f32>(x) * load<f32>(y);
      x += step;
      y += bStride;
    }
    store<f32>(to + at, sum);
  }
}
