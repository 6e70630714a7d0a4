import { ArgumentError } from "@unrolled/backend";
import { abs, customGrad, describeValue, less, mul, sub, sum, type Tensor, where } from "@unrolled/core";
import { maskOf, reduce, reduceTotal, shield } from "./mask.js";
import { checkOptions, type LossOptions, noOptions, requireEqual } from "./options.js";

/** Prediction less target, and what of it counts. */
function errors(
  op: string,
  prediction: Tensor,
  target: Tensor,
  options: LossOptions,
): { readonly error: Tensor; readonly kept: Tensor | null } {
  requireEqual(op, prediction, target);
  const kept = maskOf(op, options, prediction.shape);
  return { error: sub(shield(kept, prediction), shield(kept, target)), kept };
}

/** The sum of squares, whose own gradient makes one array where those of its ops make three. */
const sumOfSquares: (error: Tensor) => Tensor = customGrad((error: Tensor) => ({
  value: sum(mul(error, error)),
  saved: [error],
  gradient: (g, [saved]) => [mul(saved, mul(g, 2))],
}));

/**
 * Squared error, as torch.nn.functional.mse_loss.
 *
 * @throws ShapeError if shapes differ
 * @example
 * mseLoss(tensor([1, 2]), tensor([1, 4])); // 2
 */
export function mseLoss(prediction: Tensor, target: Tensor, options: LossOptions = noOptions): Tensor {
  checkOptions("mseLoss", options);
  const { error, kept } = errors("mseLoss", prediction, target, options);
  if (options.reduction === "none") return mul(error, error);
  return reduceTotal(sumOfSquares(error), error.size, kept, options);
}

/**
 * Absolute error, as torch.nn.functional.l1_loss. Prediction and target have one shape.
 *
 * @example
 * l1Loss(zeros([2]), full([2], 3)).item(); // 3
 */
export function l1Loss(prediction: Tensor, target: Tensor, options: LossOptions = noOptions): Tensor {
  checkOptions("l1Loss", options);
  const { error, kept } = errors("l1Loss", prediction, target, options);
  return reduce(abs(error), kept, options);
}

/** Options of `huberLoss`. */
export interface HuberOptions extends LossOptions {
  /** Where the parabola turns into a line. Default 1. */
  readonly delta?: number;
}

export function checkDelta(op: string, delta = 1): number {
  if (delta > 0 && delta < Number.POSITIVE_INFINITY) return delta;
  throw new ArgumentError(op, `delta ${describeValue(delta)}`, "use a positive, finite number");
}

/**
 * Squared below delta, linear above, as torch.nn.functional.huber_loss (Huber, 1964). Prediction and target have one shape.
 *
 * @example
 * huberLoss(zeros([2]), full([2], 3), { delta: 1 }).item(); // 2.5
 */
export function huberLoss(prediction: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  checkOptions("huberLoss", options, ["delta"]);
  const delta = checkDelta("huberLoss", options.delta);
  const { error, kept } = errors("huberLoss", prediction, target, options);
  const size = abs(error);
  const parabola = mul(mul(size, size), 0.5);
  const line = mul(sub(size, delta / 2), delta);
  return reduce(where(less(size, delta), parabola, line), kept, options);
}

/** Options of `smoothL1Loss`. */
export interface SmoothL1Options extends LossOptions {
  /** Where the parabola turns into a line; 0 is l1Loss. Default 1. */
  readonly beta?: number;
}

export function checkBeta(op: string, beta = 1): number {
  if (beta >= 0 && beta < Number.POSITIVE_INFINITY) return beta;
  throw new ArgumentError(op, `beta ${describeValue(beta)}`, "use a finite number of 0 or more");
}

/**
 * Huber loss divided by beta, as torch.nn.functional.smooth_l1_loss. Prediction and target have one shape.
 *
 * @example
 * smoothL1Loss(zeros([2]), full([2], 4), { beta: 2 }).item(); // 3
 */
export function smoothL1Loss(prediction: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  checkOptions("smoothL1Loss", options, ["beta"]);
  const beta = checkBeta("smoothL1Loss", options.beta);
  const { error, kept } = errors("smoothL1Loss", prediction, target, options);
  const size = abs(error);
  if (beta === 0) return reduce(size, kept, options);
  const parabola = mul(mul(size, size), 0.5 / beta);
  return reduce(where(less(size, beta), parabola, sub(size, beta / 2)), kept, options);
}
