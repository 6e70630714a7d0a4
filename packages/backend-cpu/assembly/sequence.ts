// Pieces of the whole-sequence kernels. Inside them hidden units are padded with zeros to a multiple of four: weights, states and
// biases of padded units are zero, so those units stay zero and add nothing to anybody's gradient. "Rows" of a sequence are its
// T B pairs of step and batch row, in the order of x.
import { multiplyRows } from "./matmul";
import { packRows, packTransposed, panelWidth } from "./pack";
import { multiplyAdd, splat, tanh4 } from "./simd-math";
import { smallMatmul } from "./small-matmul";
import { partEnd, partStart } from "./threads";

/** Batches with fewer rows multiply by their weights as they lie: packing them would cost more than it gains. */
const FEWEST_PACKED_ROWS: i32 = 3;

// @ts-ignore: decorator
@inline export function isSmallBatch(batch: i32): bool { return batch < FEWEST_PACKED_ROWS; }

/** Bytes of n floats, rounded up to a cache line: where the next block may begin. */
// @ts-ignore: decorator
@inline export function blockBytes(n: i32): usize { return ((<usize>n << 2) + 63) & ~63; }

/** The same for [rows, columns]. */
// @ts-ignore: decorator
@inline export function matrixBytes(rows: i32, columns: i32): usize { return ((<usize>rows * <usize>columns << 2) + 63) & ~63; }

/** Steps of batch row b: step t is valid while t < stepsOf(...). */
// @ts-ignore: decorator
@inline export function stepsOf(lengths: usize, b: i32, time: i32): i32 {
  return lengths ? load<i32>(lengths + (<usize>b << 2)) : time;
}

/** Four floats of which only `left` may lie in the row; the others are zeros. */
// @ts-ignore: decorator
@inline export function loadColumns(from: usize, left: i32): v128 { return left >= 4 ? v128.load(from) : loadFew(from, left); }

// @ts-ignore: decorator
@inline function loadFew(from: usize, left: i32): v128 {
  return f32x4(load<f32>(from), left > 1 ? load<f32>(from, 4) : 0, left > 2 ? load<f32>(from, 8) : 0, 0);
}

/** Writes those of four floats that lie in the row. */
// @ts-ignore: decorator
@inline export function storeColumns(to: usize, x: v128, left: i32): void {
  if (left >= 4) v128.store(to, x);
  else storeFew(to, x, left);
}

// @ts-ignore: decorator
@inline function storeFew(to: usize, x: v128, left: i32): void {
  store<f32>(to, f32x4.extract_lane(x, 0));
  if (left > 1) store<f32>(to, f32x4.extract_lane(x, 1), 4);
  if (left > 2) store<f32>(to, f32x4.extract_lane(x, 2), 8);
}

/** 1 / (1 + e^-x) as (1 + tanh(x / 2)) / 2: a quarter faster than through e^x, and within 2e-7 of it, which is no bound relative to it. */
// @ts-ignore: decorator
@inline export function gateSigmoid4(x: v128): v128 {
  const half = splat(0.5);
  return multiplyAdd(half, tanh4(f32x4.mul(x, half)), half);
}

/** Whether there are n floats and all are zeros, as initial states mostly are: the first step's recurrent product is then nothing. */
export function isZeros(from: usize, n: i32): bool {
  if (!from) return false;
  const whole = from + (<usize>(n & ~3) << 2), end = from + (<usize>n << 2);
  for (; from < whole; from += 16) if (v128.any_true(v128.load(from))) return false;
  for (; from < end; from += 4) if (load<i32>(from)) return false;
  return true;
}

/**
 * A weight [gates hidden, columns] with zero rows after each gate up to `padded`: the weight itself where none are missing, else a
 * copy at `to`. Each thread copies some of the gates: a barrier must follow.
 */
export function padGates(
  weight: usize, columns: i32, gates: i32, hidden: i32, padded: i32, to: usize, thread: i32, threads: i32,
): usize {
  if (hidden == padded || !weight) return weight;
  const bytes: usize = <usize>hidden * <usize>columns << 2, step: usize = <usize>padded * <usize>columns << 2;
  for (let g = thread; g < gates; g += threads) {
    const at = to + <usize>g * step;
    memory.copy(at, weight + <usize>g * bytes, bytes);
    memory.fill(at + bytes, 0, step - bytes);
  }
  return to;
}

/** Rows `first` to `last` of [.., n] into rows of `padded` floats, filled up with zeros; all zeros where `from` is 0. */
export function padRows(from: usize, n: i32, to: usize, padded: i32, first: i32, last: i32): void {
  const bytes: usize = <usize>n << 2, step: usize = <usize>padded << 2;
  to += <usize>first * step;
  if (!from) {
    memory.fill(to, 0, <usize>(last - first) * step);
    return;
  }
  from += <usize>first * bytes;
  for (let r = first; r < last; r++) {
    memory.copy(to, from, bytes);
    memory.fill(to + bytes, 0, step - bytes);
    from += bytes;
    to += step;
  }
}

/** The first n floats of rows `first` to `last`, of `padded` floats each. */
export function unpadRows(from: usize, padded: i32, to: usize, n: i32, first: i32, last: i32): void {
  const bytes: usize = <usize>n << 2, step: usize = <usize>padded << 2;
  if (n == padded) {
    memory.copy(to + <usize>first * bytes, from + <usize>first * bytes, <usize>(last - first) * bytes);
    return;
  }
  for (let r = first; r < last; r++) memory.copy(to + <usize>r * bytes, from + <usize>r * step, bytes);
}

/** The first n floats of each of `rows` rows, to rows of just these. */
export function copyColumns(from: usize, stride: usize, to: usize, n: i32, rows: i32): void {
  const bytes: usize = <usize>n << 2;
  for (; rows > 0; rows--) {
    memory.copy(to, from, bytes);
    from += stride;
    to += bytes;
  }
}

/** to = a + b for floats `first` to `last`, multiples of four; either may be absent. */
export function sumOfBiases(a: usize, b: usize, to: usize, first: i32, last: i32): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2;
    let sum = f32x4.splat(0);
    if (a) sum = v128.load(a + at);
    if (b) sum = a ? f32x4.add(sum, v128.load(b + at)) : v128.load(b + at);
    v128.store(to + at, sum);
  }
}

/**
 * Columns of a right operand [k, n] as they come into being: `count` columns of `rows` rows go to column `at` and row `k0` of its
 * panels. Whoever brings the last column also fills its panel up.
 */
export function packColumns(
  from: usize, stride: usize, panels: usize, k: i32, k0: i32, rows: i32, n: i32, at: i32, count: i32,
): void {
  const end = at + count;
  for (let column = at, some = 0; column < end; column += some) {
    const j = column & ~7, width = panelWidth(j, n), inside = column - j;
    some = min(width - inside, end - column);
    const blank = end == n && column + some == n ? width - inside - some : 0;
    const step: usize = <usize>width << 2;
    let to = panels + ((<usize>j * <usize>k + <usize>k0 * <usize>width + <usize>inside) << 2);
    let row = from + (<usize>(column - at) << 2);
    if (some == 8) {
      for (let r = rows; r > 0; r--) {
        v128.store(to, v128.load(row));
        v128.store(to, v128.load(row, 16), 16);
        row += stride;
        to += step;
      }
    } else if (some == 4 && blank == 0) {
      for (let r = rows; r > 0; r--) {
        v128.store(to, v128.load(row));
        row += stride;
        to += step;
      }
    } else {
      const bytes: usize = <usize>some << 2, whole: usize = <usize>(some + blank) << 2;
      for (let r = rows; r > 0; r--) {
        let b: usize = 0;
        for (; b < bytes; b += 4) store<f32>(to + b, load<f32>(row + b));
        for (; b < whole; b += 4) store<f32>(to + b, 0);
        row += stride;
        to += step;
      }
    }
  }
}

/** to[j] = the sum of column j of [rows, ..], for columns `first` to `last`, multiples of four. */
export function columnSums(from: usize, stride: usize, rows: i32, to: usize, first: i32, last: i32): void {
  const start: usize = <usize>first << 2, bytes: usize = <usize>(last - first) << 2;
  from += start;
  to += start;
  memory.fill(to, 0, bytes);
  for (; rows >= 4; rows -= 4) {
    const second = from + stride, third = second + stride, fourth = third + stride;
    for (let at: usize = 0; at < bytes; at += 16) {
      const sum = f32x4.add(
        f32x4.add(v128.load(from + at), v128.load(second + at)),
        f32x4.add(v128.load(third + at), v128.load(fourth + at)),
      );
      v128.store(to + at, f32x4.add(v128.load(to + at), sum));
    }
    from = fourth + stride;
  }
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    from += stride;
  }
}

/**
 * c = start + a b for the rows of one time step. b is packed, or, in a small batch, lies at `weight`: [n, k] with `transposed`,
 * else [k, n], rows of `weightStride` bytes. n counts the columns of c, `columns` those of the weight, which may be fewer.
 */
export function stepProduct(
  small: bool, weight: usize, weightStride: usize, transposed: bool, columns: i32, panels: usize,
  a: usize, aStride: usize, c: usize, cStride: usize, start: usize, startStride: usize, rows: i32, n: i32, k: i32,
): void {
  if (rows <= 0) return;
  if (small) {
    smallMatmul(rows, columns, k, a, aStride, false, weight, weightStride, transposed, c, cStride, start, startStride);
  } else multiplyRows(a, aStride, panels, k, c, cStride, start, startStride, rows, n, k, 0, n);
}

/**
 * z [rows, n] = x w^T + bias for all steps at once, with w [n, inputs] of padded gates and `panels` for [inputs, n]. Each thread
 * makes its own columns, and reads of w and bias no others.
 */
export function projectInput(
  x: usize, inputs: i32, weight: usize, bias: usize, z: usize, n: i32, rows: i32, panels: usize, thread: i32, threads: i32,
): void {
  packProjection(weight, inputs, n, rows, panels, thread, threads);
  projectRows(x, inputs, weight, bias, z, n, rows, rows, panels, thread, threads);
}

/** Packs w for projectRows, where `most`, the rows that are projected together, are enough. */
export function packProjection(
  weight: usize, inputs: i32, n: i32, most: i32, panels: usize, thread: i32, threads: i32,
): void {
  const first = partStart(n, 8, thread, threads), last = partEnd(n, 8, thread, threads);
  if (first < last && !isSmallBatch(most)) packTransposed(weight, <usize>inputs << 2, panels, inputs, n, first, last);
}

/** As projectInput, some rows at a time, after packProjection. */
export function projectRows(
  x: usize, inputs: i32, weight: usize, bias: usize, z: usize, n: i32, rows: i32, most: i32, panels: usize,
  thread: i32, threads: i32,
): void {
  const first = partStart(n, 8, thread, threads), last = partEnd(n, 8, thread, threads);
  if (first >= last) return;
  const xStride: usize = <usize>inputs << 2, zStride: usize = <usize>n << 2;
  if (isSmallBatch(most) || inputs == 0) {
    const at: usize = <usize>first << 2;
    smallMatmul(
      rows, last - first, inputs, x, xStride, false, weight + <usize>first * xStride, xStride, true, z + at, zStride, bias + at, 0,
    );
  } else multiplyRows(x, xStride, panels, inputs, z, zStride, bias, 0, rows, n, inputs, first, last);
}

/** Packs w [n, inputs], for inputGradient; a barrier must follow. */
export function packInputGradient(weight: usize, inputs: i32, n: i32, panels: usize, thread: i32, threads: i32): void {
  const first = partStart(inputs, 8, thread, threads), last = partEnd(inputs, 8, thread, threads);
  packRows(weight, <usize>inputs << 2, panels, n, 0, n, inputs, first, last);
}

/** dx [rows, inputs] = dz w for all steps at once, with w packed. Each thread makes its own rows. */
export function inputGradient(
  dz: usize, n: i32, panels: usize, dx: usize, inputs: i32, rows: i32, thread: i32, threads: i32,
): void {
  const first = partStart(rows, 8, thread, threads), last = partEnd(rows, 8, thread, threads);
  if (first >= last) return;
  const zStride: usize = <usize>n << 2, xStride: usize = <usize>inputs << 2;
  multiplyRows(
    dz + <usize>first * zStride, zStride, panels, n, dx + <usize>first * xStride, xStride, 0, 0, last - first, inputs, n, 0, inputs,
  );
}
