import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "@unrolled/backend";
import type { FusedCompute } from "../../fused/fused-compute.js";
import type { TensorFlowDevice } from "../device.js";
import { sumRows } from "../kernels/reductions.js";

/** x weight^T + bias: a product over all rows, and BiasAdd. */
export function linear(tf: TensorFlowDevice): FusedCompute<"linear"> {
  const rowsOf = (x: TensorInfo, size: number): TensorInfo => tf.reshape(x, [sizeOf(x.shape) / size, size]);
  return {
    accepts: ({ in: [x, weight] }) => sizeOf(x.shape) > 0 && sizeOf(weight.shape) > 0,

    forward(_, [x, weight, bias], { out }) {
      const product = tf.op("MatMul", [rowsOf(x, weight.shape[1]), weight], [tf.flag("transpose_b", true)]);
      return { out: [tf.reshape(bias ? tf.op("BiasAdd", [product, bias]) : product, out[0].shape)], reserve: [] };
    },

    backward(_, [dy], [x, weight, bias], _outputs, _reserve, { out }, wanted) {
      const [outSize, inSize] = weight.shape;
      const rows = rowsOf(dy ?? tf.fill(out[0].shape, 0, "float32"), outSize);
      const ofWeight = (): TensorInfo => tf.op("MatMul", [rows, rowsOf(x, inSize)], [tf.flag("transpose_a", true)]);
      return [
        wanted[0] ? tf.reshape(tf.op("MatMul", [rows, weight]), x.shape) : null,
        wanted[1] ? ofWeight() : null,
        wanted[2] && bias ? sumRows(tf, rows) : null,
      ];
    },
  };
}
