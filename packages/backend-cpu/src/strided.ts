import { type Meta, type Shape, sizeOf, type TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { copyRun } from "./arrays.js";

const TILE = 32;

/** Working space of one call: sizes, steps and positions of the dimensions that are left, innermost first. */
const sizes: number[] = [];
const steps: number[] = [];
const index: number[] = [];

/**
 * The elements of `x` at `offset + sum(index * strides)` in the row-major order of `out`. Strides may be 0 (an element
 * repeated) or negative (a dimension walked backwards). Returns `x` itself where that changes nothing.
 */
export function strided(x: TypedArray, offset: number, strides: readonly number[], out: Meta): TypedArray {
  const length = sizeOf(out.shape);
  if (length === 0) return allocate(out.dtype, 0);
  const rank = planStrides(strides, out.shape);
  if (rank === 1 && steps[0] === 1 && length === x.length) return x;

  const result = allocate(out.dtype, length);
  const columns = sizes[0];
  const rows = rank > 1 ? sizes[1] : 1;
  const rowStep = rank > 1 ? steps[1] : 0;
  const plane = rows * columns;
  let from = offset;
  for (let at = 0; at < length; at += plane) {
    copyPlane(x, from, rowStep, steps[0], result, at, rows, columns);
    for (let d = 2; d < rank; d++) {
      from += steps[d];
      if (++index[d] < sizes[d]) break;
      from -= steps[d] * sizes[d];
      index[d] = 0;
    }
  }
  return result;
}

/** Leaves sizes of 1 out, and merges neighbours where one stride serves both; returns how many dimensions are left. */
function planStrides(strides: readonly number[], shape: Shape): number {
  let rank = 0;
  for (let i = strides.length - 1; i >= 0; i--) {
    const size = shape[i];
    if (size === 1) continue;
    if (rank > 0 && strides[i] === steps[rank - 1] * sizes[rank - 1]) {
      sizes[rank - 1] *= size;
      continue;
    }
    sizes[rank] = size;
    steps[rank] = strides[i];
    index[rank] = 0;
    rank++;
  }
  if (rank > 0) return rank;
  sizes[0] = 1;
  steps[0] = 1;
  return 1;
}

/** Copies a two-dimensional piece; in tiles where both sides are long and rows are not contiguous. */
function copyPlane(
  x: TypedArray,
  from: number,
  rowStep: number,
  step: number,
  out: TypedArray,
  at: number,
  rows: number,
  columns: number,
): void {
  if (step === 1) {
    for (let r = 0; r < rows; r++) copyRun(x, from + r * rowStep, out, at + r * columns, columns);
    return;
  }
  const width = step === 0 || rows <= TILE ? columns : TILE;
  for (let first = 0; first < columns; first += width) {
    const n = Math.min(width, columns - first);
    for (let r = 0; r < rows; r++) {
      let source = from + r * rowStep + first * step;
      const target = at + r * columns + first;
      for (let j = 0; j < n; j++) {
        out[target + j] = x[source];
        source += step;
      }
    }
  }
}
