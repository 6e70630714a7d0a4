import { allocate, dtypeOf, type TypedArray } from "@unrolled/backend";

/** Below this many elements a plain loop beats `TypedArray.prototype.set` and `fill`. */
const SHORT = 48;

/** Copies `n` elements, converted as JavaScript does where the dtypes differ. */
export function copyRun(from: TypedArray, start: number, to: TypedArray, at: number, n: number): void {
  if (n < SHORT) {
    for (let i = 0; i < n; i++) to[at + i] = from[start + i];
  } else {
    to.set(from.subarray(start, start + n), at);
  }
}

/** Puts one value everywhere; for a few elements quicker than `fill`. */
export function setAll(to: TypedArray, value: number): void {
  if (to.length < SHORT) {
    for (let i = 0; i < to.length; i++) to[i] = value;
  } else {
    to.fill(value);
  }
}

const KEPT = 1 << 16;
let spare: Float64Array = new Float64Array(256);

/** Float64 working space whose contents are undefined and which holds until the next call. */
export function float64Scratch(n: number): Float64Array {
  if (n <= spare.length) return spare;
  const grown = new Float64Array(n);
  if (n <= KEPT) spare = grown;
  return grown;
}

/** Product of `shape[from]` to `shape[to - 1]`. */
export function sizeBetween(shape: readonly number[], from: number, to: number): number {
  let size = 1;
  for (let i = from; i < to; i++) size *= shape[i];
  return size;
}

/** A copy with a buffer of its own. Not `slice`, which shares memory in Node's Buffer, a Uint8Array. */
export function copyOf(x: TypedArray): TypedArray {
  const out = allocate(dtypeOf(x), x.length);
  copyRun(x, 0, out, 0, x.length);
  return out;
}
