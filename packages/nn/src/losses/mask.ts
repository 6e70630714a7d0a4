import { formatShape, type Shape, ShapeError } from "@unrolled/backend";
import { broadcastTo, cast, div, maximum, sum, type Tensor, type TensorLike, where } from "@unrolled/core";
import { requireTensor } from "../require-tensor.js";
import type { LossOptions } from "./options.js";

export function broadcastsTo(shape: Shape, wanted: Shape): boolean {
  const lead = wanted.length - shape.length;
  return lead >= 0 && shape.every((size, i) => size === 1 || size === wanted[lead + i]);
}

/** The mask as bool in the shape of the losses; null if there is none. */
export function maskOf(op: string, { mask }: LossOptions, shape: Shape): Tensor | null {
  if (mask === undefined) return null;
  requireTensor(op, "mask", mask);
  if (!broadcastsTo(mask.shape, shape)) {
    throw new ShapeError(
      op,
      `mask ${formatShape(mask.shape)} does not broadcast to the losses ${formatShape(shape)}`,
      "dimensions align from the last: unsqueeze(-1) a mask that lacks the last ones",
    );
  }
  return broadcastTo(cast(mask, "bool"), shape);
}

/** `x` with a harmless number where it does not count, so that neither values nor gradients pass there. */
export function shield(kept: Tensor | null, x: Tensor, harmless: TensorLike = 0): Tensor {
  return kept === null ? x : where(kept, x, harmless);
}

/** Losses of one element each, reduced over those that count. */
export function reduce(losses: Tensor, kept: Tensor | null, options: LossOptions): Tensor {
  const counted = shield(kept, losses);
  return options.reduction === "none" ? counted : reduceTotal(sum(counted), losses.size, kept, options);
}

/** The sum of all losses that count, or their mean. */
export function reduceTotal(total: Tensor, size: number, kept: Tensor | null, { reduction }: LossOptions): Tensor {
  if (reduction === "sum") return total;
  if (kept === null) return div(total, size);
  const count = maximum(sum(cast(kept, "int32")), 1);
  return div(total, cast(count, total.dtype));
}
