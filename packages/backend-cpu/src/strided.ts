import { type Meta, sizeOf, type TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { copyRun } from "./arrays.js";

const TILE = 32;

/**
 * The elements of `x` at `offset + sum(index * strides)` in the row-major order of `out`. Strides may be 0 (an element
 * repeated) or negative (a dimension walked backwards). Returns `x` itself where that changes nothing.
 */
export function strided(x: TypedArray, offset: number, strides: readonly number[], out: Meta): TypedArray {
  const length = sizeOf(out.shape);
  if (length === 0) return allocate(out.dtype, 0);

  // Innermost first, without sizes of 1, neighbours merged where one stride serves both.
  const sizes: number[] = [];
  const steps: number[] = [];
  for (let i = strides.length - 1; i >= 0; i--) {
    const size = out.shape[i];
    if (size === 1) continue;
    const top = sizes.length - 1;
    if (top >= 0 && strides[i] === steps[top] * sizes[top]) {
      sizes[top] *= size;
    } else {
      sizes.push(size);
      steps.push(strides[i]);
    }
  }
  if (sizes.length === 0) {
    sizes.push(1);
    steps.push(1);
  }
  if (sizes.length === 1 && steps[0] === 1 && length === x.length) return x;

  const result = allocate(out.dtype, length);
  const rows = sizes.length > 1 ? sizes[1] : 1;
  const rowStep = sizes.length > 1 ? steps[1] : 0;
  const plane = rows * sizes[0];
  const index = new Array<number>(sizes.length).fill(0);
  let from = offset;
  for (let at = 0; at < length; at += plane) {
    copyPlane(x, from, rowStep, steps[0], result, at, rows, sizes[0]);
    for (let d = 2; d < sizes.length; d++) {
      from += steps[d];
      if (++index[d] < sizes[d]) break;
      from -= steps[d] * sizes[d];
      index[d] = 0;
    }
  }
  return result;
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
