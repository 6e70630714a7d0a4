import { sizeOf } from "@unrolled/backend";
import type { Computes } from "../../kernels/compute.js";
import { requireInRange } from "../../kernels/indexing.js";
import { aroundAxis } from "../../kernels/layout.js";
import type { TensorFlowDevice } from "../device.js";

export function indexing(tf: TensorFlowDevice): Computes<"gather" | "scatterAdd"> {
  return {
    gather(_, [x, indices], { attrs }) {
      requireInRange("gather", tf, indices, x.shape[attrs.axis]);
      return tf.op("GatherV2", [x, indices, tf.ints([attrs.axis], [])], [tf.whole("batch_dims", 0)]);
    },

    scatterAdd(_, [base, indices, updates], { attrs }) {
      const { outer, size, inner } = aroundAxis(base.shape, attrs.axis);
      requireInRange("scatterAdd", tf, indices, size);
      if (sizeOf(updates.shape) === 0) return base;
      const count = sizeOf(indices.shape);
      const firsts = Int32Array.from({ length: outer }, (_, o) => o * size);
      const rows =
        outer === 1
          ? indices
          : tf.op("AddV2", [tf.write(firsts, [outer, 1], "int32"), tf.reshape(indices, [1, count])]);
      const positions = tf.reshape(rows, [outer * count, 1]);
      const isBool = base.dtype === "bool";
      const added = tf.reshape(isBool ? tf.op("Cast", [updates], [tf.type("DstT", "int32")]) : updates, [
        outer * count,
        inner,
      ]);
      if (!isBool) {
        const sums = tf.op("TensorScatterAdd", [tf.reshape(base, [outer * size, inner]), positions, added]);
        return tf.reshape(sums, base.shape);
      }
      const counts = tf.op("ScatterNd", [positions, added, tf.ints([outer * size, inner])]);
      const touched = tf.op("Cast", [tf.reshape(counts, base.shape)], [tf.type("DstT", "bool")]);
      return tf.op("LogicalOr", [base, touched]);
    },
  };
}
