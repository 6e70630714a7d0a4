import type { Computes } from "../../kernels/compute.js";
import type { TensorFlowDevice } from "../device.js";

export function matmul(tf: TensorFlowDevice): Computes<"matmul"> {
  return {
    matmul(_, [a, b], { attrs: { transA, transB } }) {
      if (a.shape.length === 2 && b.shape.length === 2) {
        return tf.op("MatMul", [a, b], [tf.flag("transpose_a", transA), tf.flag("transpose_b", transB)]);
      }
      return tf.op("BatchMatMulV2", [a, b], [tf.flag("adj_x", transA), tf.flag("adj_y", transB)]);
    },
  };
}
