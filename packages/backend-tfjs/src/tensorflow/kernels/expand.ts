import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type Shape, sameShape, sizeOf } from "@unrolled/backend";
import { joinBroadcast } from "../../kernels/layout.js";
import type { TensorFlowDevice } from "../device.js";

/** Broadcast to a shape of any rank: one run of repeated dimensions at a time, as BroadcastTo takes few. */
export function expand(tf: TensorFlowDevice, x: TensorInfo, shape: Shape): TensorInfo {
  if (sameShape(x.shape, shape)) return x;
  const [from, to] = joinBroadcast(x.shape, shape);
  let expanded = x;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    if (from[axis] === to[axis]) continue;
    const outer = sizeOf(from.slice(0, axis));
    const inner = sizeOf(to.slice(axis + 1));
    expanded = tf.op("BroadcastTo", [tf.reshape(expanded, [outer, 1, inner]), tf.ints([outer, to[axis], inner])]);
  }
  return tf.reshape(expanded, shape);
}
