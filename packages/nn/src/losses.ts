import { ArgumentError, formatShape, requireKnownOptions, ShapeError, sameShape } from "@unrolled/backend";
import { abs, less, mean, mul, sub, sum, type Tensor, where } from "@unrolled/core";

export interface LossOptions {
  /** Average over all elements (default), add them up, or leave them apart. */
  readonly reduction?: "mean" | "sum" | "none";
}

function requireEqualShapes(op: string, prediction: Tensor, target: Tensor): void {
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      op,
      `prediction ${formatShape(prediction.shape)} and target ${formatShape(target.shape)} differ`,
      "make them equal (reshape, squeeze or unsqueeze one): broadcasting here is nearly always a mistake",
    );
  }
}

function reduce(op: string, losses: Tensor, options: LossOptions): Tensor {
  requireKnownOptions(op, options, ["reduction"]);
  const { reduction = "mean" } = options;
  if (reduction === "mean") return mean(losses);
  if (reduction === "sum") return sum(losses);
  if (reduction === "none") return losses;
  throw new ArgumentError(op, `reduction ${String(reduction)}`, 'use "mean", "sum" or "none"');
}

/**
 * Squared error, as torch.nn.functional.mse_loss.
 *
 * @throws ShapeError if shapes differ
 */
export function mseLoss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  requireEqualShapes("mseLoss", prediction, target);
  const error = sub(prediction, target);
  return reduce("mseLoss", mul(error, error), options);
}

/** Absolute error, as torch.nn.functional.l1_loss. */
export function l1Loss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  requireEqualShapes("l1Loss", prediction, target);
  return reduce("l1Loss", abs(sub(prediction, target)), options);
}

export interface HuberOptions extends LossOptions {
  /** Where the parabola turns into a line. Default 1. */
  readonly delta?: number;
}

/** Squared below delta, linear above, as torch.nn.functional.huber_loss (Huber, 1964). */
export function huberLoss(prediction: Tensor, target: Tensor, { delta = 1, ...options }: HuberOptions = {}): Tensor {
  requireEqualShapes("huberLoss", prediction, target);
  if (!(delta > 0 && delta < Number.POSITIVE_INFINITY))
    throw new ArgumentError("huberLoss", `delta ${delta}`, "use a positive, finite number");
  const error = abs(sub(prediction, target));
  const parabola = mul(mul(error, error), 0.5);
  const line = mul(sub(error, delta / 2), delta);
  return reduce("huberLoss", where(less(error, delta), parabola, line), options);
}

export interface SmoothL1Options extends LossOptions {
  /** Where the parabola turns into a line; 0 is l1Loss. Default 1. */
  readonly beta?: number;
}

/** Huber loss divided by beta, as torch.nn.functional.smooth_l1_loss. */
export function smoothL1Loss(
  prediction: Tensor,
  target: Tensor,
  { beta = 1, ...options }: SmoothL1Options = {},
): Tensor {
  requireEqualShapes("smoothL1Loss", prediction, target);
  if (!(beta >= 0 && beta < Number.POSITIVE_INFINITY))
    throw new ArgumentError("smoothL1Loss", `beta ${beta}`, "use a finite number of 0 or more");
  if (beta === 0) return l1Loss(prediction, target, options);
  const error = abs(sub(prediction, target));
  const parabola = mul(mul(error, error), 0.5 / beta);
  return reduce("smoothL1Loss", where(less(error, beta), parabola, sub(error, beta / 2)), options);
}
