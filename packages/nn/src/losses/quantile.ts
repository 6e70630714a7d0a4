import { ArgumentError, formatShape, ShapeError, sameShape } from "@unrolled/backend";
import { maximum, mul, sub, type Tensor, tensor, unsqueeze } from "@unrolled/core";
import { requireTensor } from "../require-tensor.js";
import { maskOf, reduce, shield } from "./mask.js";
import { checkOptions, type LossOptions, requireEqual, requireFloat, requireSameDType } from "./options.js";

export function checkQuantiles(op: string, quantiles: number | readonly number[]): number | readonly number[] {
  const list = typeof quantiles === "number" ? [quantiles] : quantiles;
  if (list.length > 0 && list.every((q) => q > 0 && q < 1)) return quantiles;
  throw new ArgumentError(op, `quantiles ${list.join(", ")}`, "use one or more numbers between 0 and 1");
}

/**
 * Pinball loss (Koenker and Bassett, 1978): with e = target - prediction, quantile q costs q e above and (1 - q)(-e) below,
 * so that a share q of targets comes to lie below the prediction. With one quantile shapes are equal; with a list of Q the
 * prediction is `[..., Q]` for a target `[...]`. A mask has the shape of the target. PyTorch has no such loss.
 *
 * @param quantiles between 0 and 1; 0.5 is half the absolute error
 * @throws ShapeError if shapes do not fit
 * @example
 * quantileLoss(tensor([[1, 2, 3]]), tensor([2]), [0.1, 0.5, 0.9]); // one prediction a quantile
 */
export function quantileLoss(
  prediction: Tensor,
  target: Tensor,
  quantiles: number | readonly number[],
  options: LossOptions = {},
): Tensor {
  const op = "quantileLoss";
  checkOptions(op, options);
  checkQuantiles(op, quantiles);
  requireTensor(op, "prediction", prediction);
  requireTensor(op, "target", target);
  const mask = (): Tensor | null => maskOf(op, options, target.shape);
  if (typeof quantiles === "number") {
    requireEqual(op, prediction, target);
    const kept = mask();
    const error = sub(shield(kept, target), shield(kept, prediction));
    return reduce(maximum(mul(error, quantiles), mul(error, quantiles - 1)), kept, options);
  }
  const wanted = [...target.shape, quantiles.length];
  if (!sameShape(prediction.shape, wanted)) {
    throw new ShapeError(
      op,
      `prediction ${formatShape(prediction.shape)} for target ${formatShape(target.shape)} and ${quantiles.length} quantiles`,
      `give a prediction ${formatShape(wanted)}`,
    );
  }
  requireFloat(op, "prediction", prediction);
  requireSameDType(op, prediction, "target", target);
  const kept = mask();
  const wide = kept && unsqueeze(kept, -1).broadcastTo(wanted);
  const { dtype, backend } = prediction;
  const q = tensor([...quantiles], { dtype, backend });
  const error = sub(unsqueeze(shield(kept, target), -1), shield(wide, prediction));
  return reduce(maximum(mul(error, q), mul(error, sub(q, 1))), wide, options);
}
