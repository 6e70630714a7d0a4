import type { Computes } from "../../kernels/compute.js";
import { stored } from "../../kernels/pieces.js";
import type { TensorFlowDevice } from "../device.js";
import { expand } from "./expand.js";

type MovementOp = "reshape" | "transpose" | "broadcast" | "slice" | "concat" | "pad" | "flip";

export function movement(tf: TensorFlowDevice): Computes<MovementOp> {
  return {
    reshape: (_, [x], { attrs }) => tf.reshape(x, attrs.shape),

    transpose: (_, [x], { attrs }) => tf.op("Transpose", [x, tf.ints(attrs.perm)]),

    broadcast: (_, [x], { attrs }) => expand(tf, x, attrs.shape),

    slice(_, [x], { attrs, out }) {
      const { starts, ends, steps } = attrs;
      if (steps.every((step) => step === 1)) return tf.op("Slice", [x, tf.ints(starts), tf.ints(out[0].shape)]);
      return tf.op("StridedSlice", [x, tf.ints(starts), tf.ints(ends), tf.ints(steps)]);
    },

    concat(_, inputs, { attrs, out }) {
      if (inputs.length === 1) return inputs[0];
      return tf.op(
        "ConcatV2",
        [...inputs, tf.ints([attrs.axis], [])],
        [tf.whole("N", inputs.length), tf.type("T", out[0].dtype)],
      );
    },

    pad(_, [x], { attrs, out }) {
      const { dtype } = out[0];
      const widths = attrs.before.flatMap((width, i) => [width, attrs.after[i]]);
      const paddings = tf.ints(widths, [attrs.before.length, 2]);
      return tf.op("PadV2", [x, paddings, tf.scalar(stored(attrs.value, dtype), dtype)]);
    },

    flip: (_, [x], { attrs }) => (attrs.axes.length === 0 ? x : tf.op("ReverseV2", [x, tf.ints(attrs.axes)])),
  };
}
