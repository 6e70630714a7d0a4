import { type DType, isFloat } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import type { Meta } from "../ops.js";
import { formatShape, type Shape } from "../shape.js";

/** The dtype to suggest: a float rather than an integer, and the first of equals. */
function wider(a: Meta, b: Meta): DType {
  return isFloat(b.dtype) && !isFloat(a.dtype) ? b.dtype : a.dtype;
}

export function requireSameDType(op: string, a: Meta, b: Meta): void {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      op,
      `dtypes ${a.dtype} and ${b.dtype} differ`,
      `cast one of the two to the other's, with cast("${wider(a, b)}")`,
    );
  }
}

export function requireFloat(op: string, x: Meta): void {
  if (!isFloat(x.dtype)) {
    throw new DTypeError(
      op,
      `needs a float tensor, got ${x.dtype} ${formatShape(x.shape)}`,
      'cast it: x.cast("float32")',
    );
  }
}

export function requireNumeric(op: string, x: Meta): void {
  if (x.dtype === "bool") {
    throw new DTypeError(op, "is not defined for bool", 'cast it: x.cast("int32") or x.cast("float32")');
  }
}

export function requireDType(op: string, what: string, x: Meta, dtype: DType): void {
  if (x.dtype !== dtype) {
    throw new DTypeError(op, `${what} must be ${dtype}, got ${x.dtype}`, `cast it: ${what}.cast("${dtype}")`);
  }
}

export function requireRank(op: string, what: string, x: Meta, rank: number): void {
  if (x.shape.length !== rank) {
    throw new ShapeError(op, `${what} must have ${rank} dimensions, got ${formatShape(x.shape)}`, "reshape it first");
  }
}

export function requireShape(op: string, what: string, x: Meta, shape: Shape): void {
  let same = x.shape.length === shape.length;
  for (let i = 0; same && i < shape.length; i++) same = x.shape[i] === shape[i];
  if (!same) {
    throw new ShapeError(
      op,
      `${what} must be ${formatShape(shape)}, got ${formatShape(x.shape)}`,
      "check the sizes given to the layer",
    );
  }
}

/** An attribute axis, which callers have already made non-negative. */
export function requireAxis(op: string, axis: number, rank: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
    throw new ShapeError(
      op,
      `axis ${axis} does not exist in a tensor of rank ${rank}`,
      "use a non-negative axis below the rank",
    );
  }
}

export function requireAxes(op: string, axes: readonly number[], rank: number): void {
  for (let i = 0; i < axes.length; i++) {
    requireAxis(op, axes[i], rank);
    if (i > 0 && axes[i] <= axes[i - 1]) {
      throw new ShapeError(op, `axes ${formatShape(axes)} are not canonical`, "sort them and name each once");
    }
  }
}
