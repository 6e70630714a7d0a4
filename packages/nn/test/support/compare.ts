import { readFileSync } from "node:fs";
import type { NestedArray, Tensor } from "@unrolled/core";

/** Reads a golden that lies beside the tests. */
export function golden<T>(path: string, from: string): T {
  return JSON.parse(readFileSync(new URL(path, from), "utf8")) as T;
}

function flatten(value: NestedArray): number[] {
  return Array.isArray(value) ? value.flatMap((item) => flatten(item as NestedArray)) : [Number(value)];
}

/** The sizes of nested arrays. */
export function shapeOf(value: NestedArray): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0] as NestedArray)] : [];
}

/** The largest difference, as a share of the expected value where that is above one; infinite if shapes or NaNs differ. */
export function largestError(actual: Tensor | null | undefined, expected: NestedArray): number {
  if (!actual || actual.shape.join() !== shapeOf(expected).join()) return Number.POSITIVE_INFINITY;
  const wanted = flatten(expected);
  const errors = Array.from(actual.dataSync(), (x, i) => Math.abs(x - wanted[i]) / Math.max(1, Math.abs(wanted[i])));
  return errors.reduce((worst, error) => (error <= worst ? worst : Number.isNaN(error) ? Infinity : error), 0);
}
