import { type DType, dtypeOf, type Meta, type Shape, sizeOf, stridesOf, type TypedArray } from "@unrolled/backend";
import { type Check, ConformanceError } from "./conformance-error.js";
import type { Tolerance } from "./tolerance.js";

/** Where a comparison happens: for the error's words. */
export interface Place {
  readonly op: string;
  readonly case: string;
  /** `op` is a topic of training, behind which any op may stand. */
  readonly isTopic?: boolean;
}

/** Raises if `data` is not what `read` must return for a buffer of this shape and dtype. */
export function checkKind(place: Place, what: string, data: TypedArray, meta: Meta): void {
  const dtype = dtypeOf(data);
  if (dtype !== meta.dtype) {
    const problem = `${what} is read as ${dtype}, not ${meta.dtype}`;
    throw new ConformanceError({ ...place, check: "dtype", problem, expected: meta.dtype, actual: dtype });
  }
  const size = sizeOf(meta.shape);
  if (data.length !== size) {
    const problem = `${what} of shape [${meta.shape.join(", ")}] has ${data.length} elements, not ${size}`;
    throw new ConformanceError({ ...place, check: "length", problem, expected: size, actual: data.length });
  }
}

/** Raises at the first element that is not within `tolerance`. NaN matches NaN; signs of zero do not count. */
export function checkValues(
  place: Place,
  what: string,
  data: TypedArray,
  expected: ArrayLike<number>,
  meta: Meta,
  tolerance: Tolerance,
): void {
  for (let i = 0; i < data.length; i++) {
    const wanted = stored(expected[i], meta.dtype, tolerance);
    if (!isClose(data[i], wanted, tolerance)) raise(place, "values", what, i, meta.shape, wanted, data[i]);
  }
}

/** Raises at the first element whose bits differ, all NaNs being the same. */
export function checkSame(
  place: Place,
  check: Check,
  what: string,
  data: TypedArray,
  expected: TypedArray,
  shape: Shape,
): void {
  if (data.length !== expected.length) {
    const problem = `${what} has ${data.length} elements, not ${expected.length}`;
    throw new ConformanceError({ ...place, check, problem, expected: expected.length, actual: data.length });
  }
  for (let i = 0; i < data.length; i++) {
    if (!Object.is(data[i], expected[i])) raise(place, check, what, i, shape, expected[i], data[i]);
  }
}

/** The reference's number as an exact result, or one beyond float32's range, has to be stored. */
function stored(value: number, dtype: DType, tolerance: Tolerance): number {
  if (dtype !== "float32") return value;
  const rounded = Math.fround(value);
  const isExact = tolerance.relative === 0 && tolerance.absolute === 0;
  return isExact || !Number.isFinite(rounded) ? rounded : value;
}

function isClose(actual: number, expected: number, { absolute, relative }: Tolerance): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  if (!Number.isFinite(expected)) return actual === expected;
  return Math.abs(actual - expected) <= absolute + relative * Math.abs(expected);
}

function raise(
  place: Place,
  check: Check,
  what: string,
  flat: number,
  shape: Shape,
  expected: number,
  actual: number,
): never {
  const index = stridesOf(shape).map((stride, d) => Math.floor(flat / stride) % shape[d]);
  const problem = `${what} at [${index.join(", ")}] of [${shape.join(", ")}] is ${actual}, not ${expected}`;
  throw new ConformanceError({ ...place, check, problem, index, expected, actual });
}
