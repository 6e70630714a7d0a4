import { formatShape, sizeOf } from "@unrolled/backend";
import { checkValues, type Place } from "../assert/compare.js";
import { ConformanceError } from "../assert/conformance-error.js";
import { type Tolerance, toleranceOf } from "../assert/tolerance.js";
import type { KitTensor, Nested } from "./toolkit.js";

export const outputTolerance: Tolerance = toleranceOf("float32", "sequence");
export const gradientTolerance: Tolerance = toleranceOf("float32", "gradient");
/** Losses of a training run: what each update adds in error, it takes over into the next. */
export const curveTolerance: Tolerance = { relative: 1e-4, absolute: 1e-6 };

export function flat(values: Nested): number[] {
  return typeof values === "number" ? [values] : values.flatMap(flat);
}

/** Reads a tensor and holds it against numbers. */
export async function checkTensor(
  place: Place,
  what: string,
  tensor: KitTensor | null,
  expected: Nested,
  tolerance: Tolerance,
): Promise<void> {
  if (tensor === null) {
    throw new ConformanceError({ ...place, check: "contract", problem: `${what} is missing`, expected, actual: null });
  }
  const wanted = flat(expected);
  if (sizeOf(tensor.shape) !== wanted.length) {
    const problem = `${what} is ${formatShape(tensor.shape)}, not of ${wanted.length} elements`;
    throw new ConformanceError({ ...place, check: "shape", problem, expected: wanted.length, actual: tensor.shape });
  }
  checkValues(place, what, await tensor.data(), wanted, tensor, tolerance);
}

/** Holds a list of losses against the reference's. */
export function checkCurve(place: Place, losses: readonly number[], expected: readonly number[]): void {
  const meta = { shape: [expected.length], dtype: "float64" as const };
  checkValues(place, "the losses", Float64Array.from(losses), expected, meta, curveTolerance);
}
