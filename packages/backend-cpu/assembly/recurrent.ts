// What the GRU and the Elman RNN do alike beyond sequence.ts. Their states lie in slots of [B, padded]: T + 1 of them, in the order of
// time, where they are kept for the backward pass, else two that change places.
import { multiplyTransposed } from "./matmul";
import { packRows } from "./pack";
import { loadColumns, stepsOf, storeColumns } from "./sequence";
import { splat } from "./simd-math";
import { smallMatmul } from "./small-matmul";
import { partEnd, partStart } from "./threads";

/** Multiply-adds of a weight gradient below which its operands are taken as they lie. */
const LITTLE_WORK: i64 = 1024;
/** Hidden units from which the threads share each step of a small batch; below, waiting for each other costs more. */
const FEWEST_SHARED_UNITS: i32 = 128;
/** Steps and units from which a small batch goes backward by a transposed copy of its weight. */
const FEWEST_STEPS: i32 = 4;
const FEWEST_UNITS: i32 = 16;

/** Bytes that no memory can hold: asking for them fails, where a size of 32 bits would wrap around. */
export const TOO_LARGE: f64 = 1099511627776;

/** The most bytes a block may have. */
export const MOST_BYTES: f64 = 4000000000;

/** Whether threads split hidden units, and meet after each step, instead of batch rows. */
export function sharesUnits(small: bool, H: i32, threads: i32): bool { return small && threads > 1 && H >= FEWEST_SHARED_UNITS; }

/** Whether a small batch's backward steps are worth a transposed copy of the weight. */
export function isWorthTransposing(T: i32, H: i32): bool { return T >= FEWEST_STEPS && H >= FEWEST_UNITS; }

/** The slot of the states that a step begins with. */
// @ts-ignore: decorator
@inline export function slotBefore(save: bool, reverse: bool, step: i32, T: i32): i32 {
  return save ? (reverse ? T - step : step) : step & 1;
}

/** The slot that a step fills. */
// @ts-ignore: decorator
@inline export function slotAfter(save: bool, reverse: bool, step: i32, T: i32): i32 {
  return save ? (reverse ? T - step - 1 : step + 1) : (step + 1) & 1;
}

/** A step past the end of its sequence: the state is carried and y is zero, for the units `first` to `last`. */
export function carry(before: usize, after: usize, y: usize, H: i32, first: i32, last: i32): void {
  for (let j = first; j < last; j += 4) {
    const at: usize = <usize>j << 2;
    v128.store(after + at, v128.load(before + at));
    if (j < H) storeColumns(y + at, splat(0), H - j);
  }
}

/** Whether step t of batch row b is one of its sequence's. */
// @ts-ignore: decorator
@inline export function isValid(lengths: usize, b: i32, t: i32): bool { return !lengths || t < stepsOf(lengths, b, 0); }

/** Four elements of a cotangent's row at column j: zeros where there is none. */
// @ts-ignore: decorator
@inline export function cotangent(row: usize, j: i32, H: i32): v128 {
  return row ? loadColumns(row + (<usize>j << 2), H - j) : splat(0);
}

/** w [k, n] transposed, [n, k]: this thread's rows. k is a multiple of 4. */
export function transposeWeight(w: usize, k: i32, n: i32, to: usize, thread: i32, threads: i32): void {
  const last = partEnd(n, 4, thread, threads), line: usize = <usize>n << 2, stride: usize = <usize>k << 2;
  for (let j = partStart(n, 4, thread, threads); j < last; j += 4) {
    let from = w + (<usize>j << 2);
    const out = to + <usize>j * stride;
    if (j + 4 > n) {
      for (let i = 0; i < k; i++) {
        for (let c = 0; c < n - j; c++) store<f32>(out + <usize>c * stride + (<usize>i << 2), load<f32>(from + (<usize>c << 2)));
        from += line;
      }
      break;
    }
    for (let at = out, end = out + stride; at < end; at += 16) {
      const a = v128.load(from), b = v128.load(from + line), c = v128.load(from + 2 * line), d = v128.load(from + 3 * line);
      const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5), abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(at, v128.shuffle<f64>(abLow, cdLow, 0, 2));
      v128.store(at + stride, v128.shuffle<f64>(abLow, cdLow, 1, 3));
      v128.store(at + 2 * stride, v128.shuffle<f64>(abHigh, cdHigh, 0, 2));
      v128.store(at + 3 * stride, v128.shuffle<f64>(abHigh, cdHigh, 1, 3));
      from += 4 * line;
    }
  }
}

// @ts-ignore: decorator
@inline function isLittle(H: i32, n: i32, rows: i32): bool {
  return H < 4 || <i64>H * <i64>n * <i64>rows < LITTLE_WORK;
}

/** Packs b [rows, n], the right operand of weight gradients, where they use panels; a barrier must follow. */
export function packForGradient(b: usize, stride: usize, n: i32, rows: i32, panels: usize, H: i32, thread: i32, threads: i32): void {
  if (isLittle(H, n, rows)) return;
  packRows(b, stride, panels, rows, 0, rows, n, partStart(n, 8, thread, threads), partEnd(n, 8, thread, threads));
}

/** out [H, n] = d^T b for d [rows, H] and b [rows, n] with the panels that packForGradient made: this thread's rows of out. */
export function weightGradient(
  d: usize, dStride: usize, b: usize, bStride: usize, panels: usize, out: usize, H: i32, n: i32, rows: i32,
  thread: i32, threads: i32,
): void {
  const outStride: usize = <usize>n << 2;
  if (isLittle(H, n, rows)) {
    if (thread == 0) smallMatmul(H, n, rows, d, dStride, true, b, bStride, false, out, outStride, 0, 0);
    return;
  }
  const first = partStart(H, 8, thread, threads), last = partEnd(H, 8, thread, threads);
  if (first >= last) return;
  multiplyTransposed(
    d + (<usize>first << 2), dStride, panels, rows, 0,
    out + <usize>first * outStride, outStride, 0, 0, last - first, n, rows, 0, n,
  );
}
