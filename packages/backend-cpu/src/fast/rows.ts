import type { TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import type { Lines } from "../normalised-rows.js";

/** Elements from which copies in and out of WebAssembly pay. */
const LEAST = 64;
/** Shorter rows are as fast in plain TypeScript. */
const SHORT_ROW = 4;

export function rowsPay(rows: number, n: number, dtype: string): boolean {
  return rows * n >= LEAST && n >= SHORT_ROW && dtype === "float32";
}

/** x [outer, n, inner] as [outer, inner, n]: the same array where the middle dimension is the last. */
export function toRows(x: TypedArray, lines: Lines): TypedArray {
  return lines.inner === 1 ? x : swapped(x, lines.n, lines.inner);
}

/** x [outer, inner, n] as [outer, n, inner]. */
export function fromRows(x: TypedArray, { n, inner }: Lines): TypedArray {
  return inner === 1 ? x : swapped(x, inner, n);
}

/** Side of a tile of which all rows stay in the first cache. */
const TILE = 32;

function swapped(x: TypedArray, rows: number, columns: number): TypedArray {
  const out = allocate("float32", x.length);
  const size = rows * columns;
  for (let start = 0; start < x.length; start += size)
    for (let first = 0; first < rows; first += TILE)
      for (let j = 0; j < columns; j++)
        for (let i = first, end = Math.min(first + TILE, rows); i < end; i++)
          out[start + j * rows + i] = x[start + i * columns + j];
  return out;
}
