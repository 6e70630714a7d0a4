import { packedBlock } from "./local";
import { multiplyPanels } from "./multiply";
import { packLeftTransposed, packRows, packTransposed } from "./pack";
import { smallMatmul } from "./small-matmul";
import { MOST_ROWS } from "./tiles";
import { partEnd, partStart } from "./threads";

/** Inner size of a block: a panel of it stays in the first cache. */
const BLOCK_K: i32 = 256;
/** Rows of a packed block of a^T. */
const BLOCK_M: i32 = 96;
/** Rows of an unpacked a that are taken through all panels together: a block of them stays in the second cache. */
const BLOCK_ROWS: i32 = 240;

/** Whether packing b would cost more than it gains. */
export function isSmallMatmul(m: i32, n: i32, k: i32): bool {
  return m < 4 || n < 4 || k < 4 || <i64>m * <i64>n * <i64>k < 4096;
}

/**
 * c [m, n] = start + op(a) op(b), float32. Strides are bytes of a row as it lies: a is [m, k], or [k, m] if transposed; b is [k, n],
 * or [n, k] if transposed. `start` as in multiplyPanels; c itself accumulates. `panels`: panelBytes(n, k) of working space, unused
 * where isSmallMatmul. Every thread does its own columns from start to end, so threads need not wait for each other.
 */
export function matmul(
  m: i32, n: i32, k: i32,
  a: usize, aStride: usize, aTransposed: bool,
  b: usize, bStride: usize, bTransposed: bool,
  c: usize, cStride: usize, start: usize, startStride: usize,
  panels: usize, thread: i32, threads: i32,
): void {
  if (isSmallMatmul(m, n, k)) {
    if (thread == 0) smallMatmul(m, n, k, a, aStride, aTransposed, b, bStride, bTransposed, c, cStride, start, startStride);
    return;
  }
  const first = partStart(n, 8, thread, threads), last = partEnd(n, 8, thread, threads);
  if (first >= last) return;
  if (bTransposed) packTransposed(b, bStride, panels, k, n, first, last);
  else packRows(b, bStride, panels, k, 0, k, n, first, last);
  if (aTransposed) multiplyTransposed(a, aStride, panels, k, 0, c, cStride, start, startStride, m, n, k, first, last);
  else multiplyRows(a, aStride, panels, k, c, cStride, start, startStride, m, n, k, first, last);
}

/** c = start + a b with packed b, a row-major. */
export function multiplyRows(
  a: usize, aStride: usize, panels: usize, panelRows: i32,
  c: usize, cStride: usize, start: usize, startStride: usize,
  m: i32, n: i32, k: i32, first: i32, last: i32,
): void {
  for (let i = 0; i < m; i += BLOCK_ROWS) {
    const rows = min(BLOCK_ROWS, m - i), to = c + <usize>i * cStride;
    for (let k0 = 0; k0 < k; k0 += BLOCK_K) {
      const from = k0 ? to : start ? start + <usize>i * startStride : 0;
      multiplyPanels(
        false, a + <usize>i * aStride + (<usize>k0 << 2), aStride, panels, panelRows, k0,
        to, cStride, from, k0 ? cStride : startStride, rows, n, min(BLOCK_K, k - k0), first, last,
      );
    }
  }
}

/** c = start + a^T b with packed b, a row-major [k, m]. Rows `panelRow` to `panelRow + k` of the panels are used. */
export function multiplyTransposed(
  a: usize, aStride: usize, panels: usize, panelRows: i32, panelRow: i32,
  c: usize, cStride: usize, start: usize, startStride: usize,
  m: i32, n: i32, k: i32, first: i32, last: i32,
): void {
  for (let k0 = 0; k0 < k; k0 += BLOCK_K) {
    const depth = min(BLOCK_K, k - k0);
    for (let i = 0; i < m; i += BLOCK_M) {
      const rows = min(BLOCK_M, m - i), to = c + <usize>i * cStride;
      const from = k0 ? to : start ? start + <usize>i * startStride : 0;
      packLeftTransposed(a + <usize>k0 * aStride + (<usize>i << 2), aStride, packedBlock, rows, depth, MOST_ROWS);
      multiplyPanels(
        true, packedBlock, 0, panels, panelRows, panelRow + k0,
        to, cStride, from, k0 ? cStride : startStride, rows, n, depth, first, last,
      );
    }
  }
}

/** Products of many pairs of contiguous matrices, c = op(a) op(b); a step of 0 takes the same matrix again. Steps are bytes. */
export function batchedMatmul(
  batches: i32, m: i32, n: i32, k: i32,
  a: usize, aStep: usize, aTransposed: bool, b: usize, bStep: usize, bTransposed: bool, c: usize,
  panels: usize, thread: i32, threads: i32,
): void {
  const aStride: usize = <usize>(aTransposed ? m : k) << 2, bStride: usize = <usize>(bTransposed ? k : n) << 2;
  const cStride: usize = <usize>n << 2;
  for (let i = 0; i < batches; i++) {
    matmul(m, n, k, a, aStride, aTransposed, b, bStride, bTransposed, c, cStride, 0, 0, panels, thread, threads);
    a += aStep;
    b += bStep;
    c += <usize>m * cStride;
  }
}
