import {
  ArgumentError,
  DTypeError,
  formatShape,
  isFloat,
  requireKnownOptions,
  ShapeError,
  sameShape,
} from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import { describeValue } from "@unrolled/core";
import { requireTensor } from "../require-tensor.js";

/** Average over all elements, add them up, or leave them apart. */
export type Reduction = "mean" | "sum" | "none";

/** Options that losses share. */
export interface LossOptions {
  /** Average over all elements that count (default), add them up, or leave them apart. */
  readonly reduction?: Reduction;
  /**
   * Which elements count: bool, or numbers of which 0 leaves out; broadcast to the losses. What is left out has the loss 0
   * and the gradient 0, also where it is NaN, and does not count in a mean. A mean over nothing is 0.
   */
  readonly mask?: Tensor | undefined;
}

/** For losses that are called without options, of which there is then nothing to check. */
export const noOptions: LossOptions = {};

/** Refuses options that the loss does not have, and reductions that are none. */
export function checkOptions(op: string, options: LossOptions, more: readonly string[] = []): void {
  if (options === noOptions) return;
  requireKnownOptions(op, options, ["reduction", "mask", ...more]);
  checkReduction(op, options.reduction);
}

export function checkReduction(op: string, reduction: Reduction = "mean"): Reduction {
  if (reduction === "mean" || reduction === "sum" || reduction === "none") return reduction;
  throw new ArgumentError(op, `reduction ${describeValue(reduction)}`, 'use "mean", "sum" or "none"');
}

export function requireFloat(op: string, name: string, { dtype }: Tensor): void {
  if (!isFloat(dtype)) throw new DTypeError(op, `${name} is ${dtype}`, 'use floats: cast("float32")');
}

/** Broadcasting a loss over shapes that differ is nearly always a mistake. */
export function requireEqual(op: string, prediction: Tensor, target: Tensor): void {
  requireTensor(op, "prediction", prediction);
  requireTensor(op, "target", target);
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      op,
      `prediction ${formatShape(prediction.shape)} and target ${formatShape(target.shape)} differ`,
      "make them equal (reshape, squeeze or unsqueeze one): broadcasting here is nearly always a mistake",
    );
  }
  requireFloat(op, "prediction", prediction);
  requireSameDType(op, prediction, "target", target);
}

export function requireSameDType(op: string, prediction: Tensor, name: string, other: Tensor): void {
  requireTensor(op, name, other);
  if (other.dtype === prediction.dtype) return;
  throw new DTypeError(
    op,
    `prediction is ${prediction.dtype}, ${name} ${other.dtype}`,
    `cast it: cast("${prediction.dtype}")`,
  );
}
