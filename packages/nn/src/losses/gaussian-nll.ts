import { ArgumentError, formatShape, ShapeError, sameShape } from "@unrolled/backend";
import {
  add,
  any,
  broadcastTo,
  describeValue,
  div,
  less,
  log,
  mul,
  noGrad,
  sub,
  type Tensor,
  unsqueeze,
  where,
} from "@unrolled/core";
import { maskOf, reduce, shield } from "./mask.js";
import { checkOptions, type LossOptions, requireEqual, requireSameDType } from "./options.js";

/** Options of `gaussianNllLoss`. */
export interface GaussianNLLOptions extends LossOptions {
  /** Add the constant log(2 pi) / 2. Default false. */
  readonly full?: boolean;
  /** A variance below counts as this. Default 1e-6. */
  readonly eps?: number;
}

export function checkEps(op: string, eps = 1e-6): number {
  if (eps > 0 && eps < Number.POSITIVE_INFINITY) return eps;
  throw new ArgumentError(op, `eps ${describeValue(eps)}`, "use a positive, finite number");
}

/**
 * Negative log-likelihood of targets under normal distributions with the given means and variances, as
 * torch.nn.functional.gaussian_nll_loss (Nix and Weigend, 1994): (log v + (mean - target)^2 / v) / 2.
 * The variance has the shape of the mean, or its last dimension is 1 or missing (one variance for all of it). Where it is
 * below eps, the loss is that of eps, and the gradient passes as if it were not cut, as in PyTorch.
 *
 * @throws ShapeError if shapes do not fit
 * @throws ArgumentError for a negative variance, where the backend keeps its numbers on the host
 * @example
 * const [mean, target, variance] = [zeros([4, 1]), ones([4, 1]), ones([4, 1])];
 * gaussianNllLoss(mean, target, variance).item(); // 0.5
 */
export function gaussianNllLoss(
  mean: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNLLOptions = {},
): Tensor {
  const op = "gaussianNllLoss";
  checkOptions(op, options, ["full", "eps"]);
  const { full = false } = options;
  const eps = checkEps(op, options.eps);
  requireEqual(op, mean, target);
  requireSameDType(op, mean, "variance", variance);
  const kept = maskOf(op, options, mean.shape);
  const given = shield(kept, spread(op, variance, mean), 1);
  refuseNegative(op, given);
  const v = add(
    given,
    noGrad(() => sub(where(less(given, eps), eps, given), given)),
  );
  const error = sub(shield(kept, mean), shield(kept, target));
  const losses = mul(add(log(v), div(mul(error, error), v)), 0.5);
  return reduce(full ? add(losses, Math.log(2 * Math.PI) / 2) : losses, kept, options);
}

function spread(op: string, variance: Tensor, { shape }: Tensor): Tensor {
  if (sameShape(variance.shape, shape)) return variance;
  const lead = shape.slice(0, -1);
  if (shape.length > 0 && sameShape(variance.shape, lead)) return broadcastTo(unsqueeze(variance, -1), shape);
  if (shape.length > 0 && sameShape(variance.shape, [...lead, 1])) return broadcastTo(variance, shape);
  throw new ShapeError(
    op,
    `mean ${formatShape(shape)} and variance ${formatShape(variance.shape)} do not fit`,
    `give a variance ${formatShape(shape)}${shape.length > 0 ? ` or ${formatShape([...lead, 1])}` : ""}`,
  );
}

function refuseNegative(op: string, variance: Tensor): void {
  const { capabilities, readSync } = variance.backend;
  if (!capabilities.hostMemory || !readSync || !any(less(variance.detach(), 0)).item()) return;
  throw new ArgumentError(op, "a variance is negative", "make it positive: softplus, exp or square the output");
}
