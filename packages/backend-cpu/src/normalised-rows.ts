import type { Shape, TypedArray } from "@unrolled/backend";
import { sizeBetween } from "./arrays.js";

/** x as [outer, n, inner], of which the middle dimension is normalised. */
export interface Lines {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

export function linesOf(shape: Shape, axis: number): Lines {
  return { outer: sizeBetween(shape, 0, axis), n: shape[axis], inner: sizeBetween(shape, axis + 1, shape.length) };
}

/** Calls `line` with where each line starts, and its number. */
export function forEachLine({ outer, n, inner }: Lines, line: (start: number, index: number) => void): void {
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) line(o * n * inner + i, o * inner + i);
}

/** Largest of the elements from `start` to before `end`, `step` apart; NaN if there is one. */
export function largestOf(x: TypedArray, start: number, end: number, step: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i += step) {
    const value = x[i];
    if (!(value <= most)) {
      if (Number.isNaN(value)) return Number.NaN;
      most = value;
    }
  }
  return most;
}
