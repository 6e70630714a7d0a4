import { allocate } from "@unrolled/backend";
import type { Computes } from "../../kernels/compute.js";
import { stored } from "../../kernels/pieces.js";
import type { TensorFlowDevice } from "../device.js";

export function creation(tf: TensorFlowDevice): Computes<"cast" | "fill" | "iota"> {
  return {
    cast(_, [x], { attrs }) {
      if (attrs.dtype === x.dtype) return x;
      const cast = tf.op("Cast", [x], [tf.type("DstT", attrs.dtype)]);
      if (x.dtype !== "float32" || attrs.dtype !== "int32") return cast;
      return tf.op("SelectV2", [tf.op("IsNan", [x]), tf.scalar(0, "int32"), cast]); // Cast makes NaN -2^31
    },

    fill: (_, __, { attrs }) => tf.fill(attrs.shape, stored(attrs.value, attrs.dtype), attrs.dtype),

    iota(_, __, { attrs }) {
      const numbers = allocate(attrs.dtype, attrs.length);
      for (let i = 0; i < numbers.length; i++) numbers[i] = stored(i, attrs.dtype);
      return tf.write(numbers, [attrs.length], attrs.dtype);
    },
  };
}
