import { type Shape, sameShape } from "@unrolled/backend";
import { run } from "../engine.js";
import { reshape } from "../ops/movement.js";
import { primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";

/** Sums a gradient over the dimensions that broadcasting had repeated or added. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  const from = gradient.shape;
  if (sameShape(from, shape)) return gradient;
  const lead = from.length - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < from.length; i++) {
    if (i < lead || (shape[i - lead] === 1 && from[i] !== 1)) axes.push(i);
  }
  const summed = axes.length > 0 ? run(primitives.sum, [gradient], { axes, keepDims: false }) : gradient;
  return reshape(summed, shape);
}
