import { formatShape, ShapeError } from "@unrolled/backend";
import { add, mul, neg, softplus, sub, type Tensor } from "@unrolled/core";
import { broadcastsTo, maskOf, reduce, shield } from "./mask.js";
import { checkOptions, type LossOptions, requireEqual, requireSameDType } from "./options.js";

/** Options of `bceWithLogits`. */
export interface BCEWithLogitsOptions extends LossOptions {
  /** Times each element's loss; broadcast to the logits. A mean still divides by the number of elements. */
  readonly weight?: Tensor;
  /** Times the part of the loss that belongs to targets of 1; broadcast to the logits. Above 1 it favours recall. */
  readonly posWeight?: Tensor;
}

/** As far as softplus goes without overflow; its tail of e^x must not be cut off before. */
const threshold = 80;

/**
 * Binary cross-entropy of sigmoid(logits), as torch.nn.functional.binary_cross_entropy_with_logits: without overflow at any
 * logits. Targets are probabilities in the shape and dtype of the logits.
 *
 * @throws ShapeError if shapes differ
 * @example
 * bceWithLogits(tensor([2, -1]), tensor([1, 0])); // 0.22
 */
export function bceWithLogits(logits: Tensor, target: Tensor, options: BCEWithLogitsOptions = {}): Tensor {
  const op = "bceWithLogits";
  checkOptions(op, options, ["weight", "posWeight"]);
  requireEqual(op, logits, target);
  const { weight, posWeight } = options;
  for (const [name, factor] of Object.entries({ weight, posWeight })) {
    if (factor !== undefined) requireFactor(op, name, factor, logits);
  }
  const kept = maskOf(op, options, logits.shape);
  const x = shield(kept, logits);
  const y = shield(kept, target);
  const likelihood = softplus(neg(x), { threshold });
  const positive = posWeight ? mul(likelihood, add(mul(y, sub(posWeight, 1)), 1)) : likelihood;
  const losses = add(mul(sub(1, y), x), positive);
  return reduce(weight ? mul(losses, weight) : losses, kept, options);
}

function requireFactor(op: string, name: string, factor: Tensor, logits: Tensor): void {
  requireSameDType(op, logits, name, factor);
  if (broadcastsTo(factor.shape, logits.shape)) return;
  throw new ShapeError(
    op,
    `${name} ${formatShape(factor.shape)} does not broadcast to the logits ${formatShape(logits.shape)}`,
    "give one number for each of the last dimension, or the logits' own shape",
  );
}
