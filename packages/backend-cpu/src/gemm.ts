import type { TypedArray } from "@unrolled/backend";

/** A matrix inside an array: element (i, j) lies at `start + i * row + j * column`. Transposing swaps `row` and `column`. */
export interface Matrix {
  data: TypedArray;
  start: number;
  row: number;
  column: number;
}

export function matrix(data: TypedArray, start: number, row: number, column: number): Matrix {
  return { data, start, row, column };
}

/** Result tile that stays in registers. */
const TILE = 4;
/** Blocks of a: HEIGHT x DEPTH, of b: DEPTH x WIDTH, sized for the caches. Multiples of TILE. */
const HEIGHT = 128;
const DEPTH = 256;
const WIDTH = 512;

let packedA: Float64Array = new Float64Array(0);
let packedB: Float64Array = new Float64Array(0);
const tile: Float64Array = new Float64Array(TILE * TILE);

/**
 * `out = a b`, or `out += a b`, with `a [m, k]`, `b [k, n]`, `out [m, n]`. Sums run in float64 and are rounded once a block
 * of the inner size. Larger products copy their operands into float64 tiles first, so one inner loop serves every layout.
 */
export function gemm(m: number, n: number, k: number, a: Matrix, b: Matrix, out: Matrix, accumulate: boolean): void {
  if (m < TILE || n < TILE || m * n * k < 2048) {
    if (n < TILE && m > n) direct(n, m, k, flipped(b), flipped(a), flipped(out), accumulate);
    else direct(m, n, k, a, b, out, accumulate);
    return;
  }
  if (packedB.length === 0) packedB = new Float64Array(DEPTH * WIDTH);
  for (let j = 0; j < n; j += WIDTH) {
    const width = Math.min(WIDTH, n - j);
    for (let p = 0; p < k; p += DEPTH) {
      const depth = Math.min(DEPTH, k - p);
      packPanels(b.data, b.start + p * b.row + j * b.column, b.column, b.row, width, depth, packedB, 0);
      multiplyPanels(m, width, depth, a, p, packedB, 0, out, j, accumulate || p > 0);
    }
  }
}

function flipped(x: Matrix): Matrix {
  return { data: x.data, start: x.start, row: x.column, column: x.row };
}

/** The right operand of many products with `m` rows on the left, packed once (or not at all, where that would not pay). */
export interface PackedRight {
  readonly n: number;
  readonly k: number;
  readonly source: Matrix;
  readonly panels: Float64Array | null;
}

export function packRight(m: number, n: number, k: number, b: Matrix): PackedRight {
  if (m < TILE || n < TILE || m * n * k < 512) return { n, k, source: b, panels: null };
  const padded = Math.ceil(n / TILE) * TILE;
  const panels = new Float64Array(padded * k);
  for (let p = 0; p < k; p += DEPTH) {
    packPanels(b.data, b.start + p * b.row, b.column, b.row, n, Math.min(DEPTH, k - p), panels, padded * p);
  }
  return { n, k, source: b, panels };
}

/** `out = a b`, or `out += a b`, with a packed `b`. */
export function gemmPacked(m: number, a: Matrix, b: PackedRight, out: Matrix, accumulate: boolean): void {
  const { n, k, source, panels } = b;
  if (panels === null) {
    direct(m, n, k, a, source, out, accumulate);
    return;
  }
  const padded = Math.ceil(n / TILE) * TILE;
  for (let p = 0; p < k; p += DEPTH) {
    multiplyPanels(m, n, Math.min(DEPTH, k - p), a, p, panels, padded * p, out, 0, accumulate || p > 0);
  }
}

/** Four results of a row at a time, straight from the operands: best for few rows, where packing would not pay. */
function direct(m: number, n: number, k: number, a: Matrix, b: Matrix, out: Matrix, accumulate: boolean): void {
  const x = a.data;
  const y = b.data;
  const z = out.data;
  const stepA = a.column;
  const stepB = b.row;
  const next = b.column;
  const full = n - (n % TILE);
  for (let i = 0; i < m; i++) {
    const rowA = a.start + i * a.row;
    let at = out.start + i * out.row;
    for (let j = 0; j < full; j += TILE) {
      let ia = rowA;
      let ib = b.start + j * next;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let p = 0; p < k; p++) {
        const value = x[ia];
        s0 += value * y[ib];
        s1 += value * y[ib + next];
        s2 += value * y[ib + 2 * next];
        s3 += value * y[ib + 3 * next];
        ia += stepA;
        ib += stepB;
      }
      z[at] = accumulate ? z[at] + s0 : s0;
      at += out.column;
      z[at] = accumulate ? z[at] + s1 : s1;
      at += out.column;
      z[at] = accumulate ? z[at] + s2 : s2;
      at += out.column;
      z[at] = accumulate ? z[at] + s3 : s3;
      at += out.column;
    }
    for (let j = full; j < n; j++) {
      let ia = rowA;
      let ib = b.start + j * next;
      let s = 0;
      for (let p = 0; p < k; p++) {
        s += x[ia] * y[ib];
        ia += stepA;
        ib += stepB;
      }
      z[at] = accumulate ? z[at] + s : s;
      at += out.column;
    }
  }
}

/** Copies `lines x depth` elements into panels of four lines: [panel][depth][4], the last panel filled up with zeros. */
function packPanels(
  x: TypedArray,
  start: number,
  line: number,
  step: number,
  lines: number,
  depth: number,
  to: Float64Array,
  at: number,
): void {
  let o = at;
  const full = lines - (lines % TILE);
  for (let l = 0; l < full; l += TILE) {
    let i = start + l * line;
    for (let p = 0; p < depth; p++) {
      to[o] = x[i];
      to[o + 1] = x[i + line];
      to[o + 2] = x[i + 2 * line];
      to[o + 3] = x[i + 3 * line];
      o += TILE;
      i += step;
    }
  }
  if (full === lines) return;
  for (let p = 0; p < depth; p++) {
    for (let l = 0; l < TILE; l++) to[o++] = full + l < lines ? x[start + (full + l) * line + p * step] : 0;
  }
}

/** One block of the inner size: columns `column` to `column + n` of out from a's inner indices `inner` to `inner + depth`. */
function multiplyPanels(
  m: number,
  n: number,
  depth: number,
  a: Matrix,
  inner: number,
  panelsB: Float64Array,
  startB: number,
  out: Matrix,
  column: number,
  accumulate: boolean,
): void {
  if (packedA.length === 0) packedA = new Float64Array(HEIGHT * DEPTH);
  const z = out.data;
  for (let top = 0; top < m; top += HEIGHT) {
    const height = Math.min(HEIGHT, m - top);
    packPanels(a.data, a.start + top * a.row + inner * a.column, a.row, a.column, height, depth, packedA, 0);
    for (let j = 0; j < n; j += TILE) {
      const columns = Math.min(TILE, n - j);
      for (let i = 0; i < height; i += TILE) {
        multiplyTile(packedA, i * depth, panelsB, startB + j * depth, depth);
        const rows = Math.min(TILE, height - i);
        for (let r = 0; r < rows; r++) {
          let at = out.start + (top + i + r) * out.row + (column + j) * out.column;
          for (let c = 0; c < columns; c++) {
            const value = tile[r * TILE + c];
            z[at] = accumulate ? z[at] + value : value;
            at += out.column;
          }
        }
      }
    }
  }
}

/** Sixteen sums at once: tile = (panel of a)^T (panel of b). */
function multiplyTile(a: Float64Array, ia: number, b: Float64Array, ib: number, depth: number): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  const end = ia + depth * TILE;
  while (ia < end) {
    const b0 = b[ib];
    const b1 = b[ib + 1];
    const b2 = b[ib + 2];
    const b3 = b[ib + 3];
    const a0 = a[ia];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    const a1 = a[ia + 1];
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    const a2 = a[ia + 2];
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    const a3 = a[ia + 3];
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
    ia += TILE;
    ib += TILE;
  }
  tile[0] = s00;
  tile[1] = s01;
  tile[2] = s02;
  tile[3] = s03;
  tile[4] = s10;
  tile[5] = s11;
  tile[6] = s12;
  tile[7] = s13;
  tile[8] = s20;
  tile[9] = s21;
  tile[10] = s22;
  tile[11] = s23;
  tile[12] = s30;
  tile[13] = s31;
  tile[14] = s32;
  tile[15] = s33;
}
