import { axisOf } from "../arguments.js";
import { applyFused } from "../fused/apply-fused.js";
import type { Tensor } from "../tensor.js";

/** exp(x) scaled to sum to 1 along an axis. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return applyFused("softmax", [x], { axis: axisOf("softmax", axis, x.shape.length) })[0];
}

/** log(softmax(x)) without loss of digits. Along one axis; the shape stays. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return applyFused("logSoftmax", [x], { axis: axisOf("logSoftmax", axis, x.shape.length) })[0];
}
