import { ArgumentError, type Attrs, requireKnownOptions, sizeOf } from "@unrolled/backend";
import { axesOf, axisOf } from "../arguments.js";
import { describeValue } from "../describe-value.js";
import { run } from "../engine.js";
import { primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";
import { abs, cast, div, equal, exp, log, mul, neg, notEqual, pow, sqrt, sub, where } from "./elementwise.js";
import { reshape } from "./movement.js";

/** One axis, several, or all when left out. Negative axes count from the end. */
export type Axes = number | readonly number[] | undefined;

/** Options of reductions. */
export interface ReduceOptions {
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepDims?: boolean;
}

function keepDimsOf(op: string, options: ReduceOptions | undefined): boolean {
  if (options === undefined) return false;
  requireKnownOptions(op, options, ["keepDims"]);
  return options.keepDims ?? false;
}

type Reduction = Attrs<"sum" | "max">;

/** Reductions over all axes, by rank. */
const overAll: readonly Reduction[] = Array.from({ length: 9 }, (_, rank) => ({
  axes: Array.from({ length: rank }, (_, axis) => axis),
  keepDims: false,
}));

function reduction(op: string, x: Tensor, axes: Axes, options: ReduceOptions | undefined): Reduction {
  const rank = x.shape.length;
  if (axes === undefined && options === undefined && rank < overAll.length) return overAll[rank];
  return { axes: axesOf(op, axes, rank), keepDims: keepDimsOf(op, options) };
}

/**
 * Sum over axes; 0 over nothing.
 *
 * @example
 * sum(tensor([[1, 2], [3, 4]]), 0).toArray(); // [4, 6]
 */
export function sum(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return run(primitives.sum, [x], reduction("sum", x, axes, options));
}

/**
 * Largest element over axes. Ties share the gradient equally.
 *
 * @example
 * max(tensor([[1, 2], [3, 4]]), 1, { keepDims: true }).toArray(); // [[2], [4]]
 */
export function max(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return largest("max", x, axes, options);
}

function largest(op: string, x: Tensor, axes: Axes, options: ReduceOptions | undefined): Tensor {
  return run(primitives.max, [x], reduction(op, x, axes, options));
}

/**
 * Smallest element over axes. Ties share the gradient equally.
 *
 * @example
 * min(tensor([[1, 2], [3, 4]]), 1).toArray(); // [1, 3]
 */
export function min(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return neg(largest("min", neg(x), axes, options));
}

/**
 * Index (int32) of the first largest element along an axis.
 *
 * @example
 * argmax(tensor([3, 9, 4])).item(); // 1
 */
export function argmax(x: Tensor, axis = -1, options?: ReduceOptions): Tensor {
  return placeOfLargest("argmax", x, axis, options);
}

function placeOfLargest(op: string, x: Tensor, axis: number, options: ReduceOptions | undefined): Tensor {
  const keepDims = keepDimsOf(op, options);
  return run(primitives.argmax, [x], { axis: axisOf(op, axis, x.shape.length), keepDims });
}

/**
 * Index (int32) of the first smallest element along an axis.
 *
 * @example
 * argmin(tensor([3, 9, 4])).item(); // 0
 */
export function argmin(x: Tensor, axis = -1, options?: ReduceOptions): Tensor {
  return placeOfLargest("argmin", neg(x), axis, options);
}

/**
 * Running sum along an axis.
 *
 * @example
 * cumsum(tensor([1, 2, 3]), 0).toArray(); // [1, 3, 6]
 */
export function cumsum(x: Tensor, axis: number, { reverse = false }: { readonly reverse?: boolean } = {}): Tensor {
  return run(primitives.cumsum, [x], { axis: axisOf("cumsum", axis, x.shape.length), reverse });
}

function countOver(x: Tensor, axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => x.shape[axis]));
}

/**
 * Arithmetic mean over axes; NaN over nothing, as in PyTorch.
 *
 * @example
 * mean(tensor([[1, 2], [3, 4]]), 1).toArray(); // [1.5, 3.5]
 */
export function mean(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  if (axes === undefined) return div(sum(x, undefined, options), x.size);
  const list = axesOf("mean", axes, x.shape.length);
  return div(sum(x, list, options), countOver(x, list));
}

/** Options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count: 1 for the unbiased estimate (default), 0 for the population variance. */
  readonly correction?: number;
}

/**
 * Variance over axes, as torch.var.
 *
 * @example
 * variance(tensor([1, 2, 3])).item(); // 1
 */
export function variance(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return varianceOver("variance", x, axes, options);
}

function varianceOver(op: string, x: Tensor, axes: Axes, options: VarianceOptions): Tensor {
  requireKnownOptions(op, options, ["correction", "keepDims"]);
  const { correction = 1, keepDims = false } = options;
  const list = axesOf(op, axes, x.shape.length);
  const centered = sub(x, mean(x, list, { keepDims: true }));
  return div(sum(mul(centered, centered), list, { keepDims }), Math.max(0, countOver(x, list) - correction));
}

/**
 * Standard deviation over axes, as torch.std; the gradient where it is 0 is 0.
 *
 * @example
 * std(tensor([1, 2, 3])).item(); // 1
 */
export function std(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return sqrtFlatAtZero(varianceOver("std", x, axes, options));
}

/** The square root with gradient 0 at 0, where PyTorch's norms and deviations have it. */
function sqrtFlatAtZero(x: Tensor): Tensor {
  const zero = equal(x, 0);
  return where(zero, 0, sqrt(where(zero, 1, x)));
}

/**
 * log(sum(exp(x))) over axes without overflow.
 *
 * @example
 * logSumExp(tensor([1000, 1000])).item(); // 1000.693...
 */
export function logSumExp(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  const keepDims = keepDimsOf("logSumExp", options);
  const list = axesOf("logSumExp", axes, x.shape.length);
  if (countOver(x, list) === 0) return log(sum(exp(x), list, { keepDims }));
  const highest = max(x.detach(), list, { keepDims: true });
  const shift = where(equal(abs(highest), Number.POSITIVE_INFINITY), 0, highest);
  const total = log(sum(exp(sub(x, shift)), list, { keepDims: true })).add(shift);
  if (keepDims) return total;
  return reshape(
    total,
    total.shape.filter((_, i) => !list.includes(i)),
  );
}

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** Order p: any positive number, or Infinity. Default 2. */
  readonly p?: number;
}

/**
 * Vector norm over axes, as torch.linalg.vector_norm; the gradient at 0 is 0.
 *
 * @throws ArgumentError unless the order is positive
 * @example
 * norm(tensor([3, 4])).item(); // 5
 */
export function norm(x: Tensor, axes?: Axes, options: NormOptions = {}): Tensor {
  requireKnownOptions("norm", options, ["p", "keepDims"]);
  const { p = 2, keepDims = false } = options;
  if (!(p > 0)) throw new ArgumentError("norm", `order ${describeValue(p)}`, "use a positive number or Infinity");
  const list = axesOf("norm", axes, x.shape.length);
  if (p === Number.POSITIVE_INFINITY) return max(abs(x), list, { keepDims });
  if (p === 1) return sum(abs(x), list, { keepDims });
  if (p === 2) return sqrtFlatAtZero(sum(mul(x, x), list, { keepDims }));
  return powFlatAtZero(sum(powFlatAtZero(abs(x), p), list, { keepDims }), 1 / p);
}

function powFlatAtZero(x: Tensor, exponent: number): Tensor {
  if (exponent >= 1) return pow(x, exponent);
  const zero = equal(x, 0);
  return where(zero, 0, pow(where(zero, 1, x), exponent));
}

/**
 * True where any element over the axes is true, or for numbers other than 0. False over nothing.
 *
 * @example
 * any(tensor([0, 2, 0])).toArray(); // true
 */
export function any(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return notEqual(sum(cast(cast(x, "bool"), "int32"), axes, options), 0);
}

/**
 * True where all elements over the axes are true, or for numbers other than 0. True over nothing.
 *
 * @example
 * all(tensor([0, 2, 0])).toArray(); // false
 */
export function all(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  return equal(sum(cast(equal(cast(x, "bool"), 0), "int32"), axes, options), 0);
}
