import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Computes } from "../../kernels/compute.js";
import { aroundAxis, joinReduced } from "../../kernels/layout.js";
import type { TensorFlowDevice } from "../device.js";

const LONG_SUM = 512;
const CHUNK = 64;

export function reductions(tf: TensorFlowDevice): Computes<"sum" | "max" | "argmax" | "cumsum"> {
  return {
    sum(_, [x], { attrs, out }) {
      const length = attrs.axes.reduce((product, axis) => product * x.shape[axis], 1);
      if (x.dtype === "float32" && length > LONG_SUM) return tf.reshape(longSum(tf, x, attrs.axes), out[0].shape);
      return tf.op("Sum", [x, tf.ints(attrs.axes)], [tf.flag("keep_dims", attrs.keepDims)]);
    },

    max: (_, [x], { attrs }) => tf.op("Max", [x, tf.ints(attrs.axes)], [tf.flag("keep_dims", attrs.keepDims)]),

    argmax(_, [x], { attrs, out }) {
      const index = firstLargest(tf, x, attrs.axis);
      return attrs.keepDims ? tf.reshape(index, out[0].shape) : index;
    },

    cumsum: (_, [x], { attrs }) =>
      tf.op("Cumsum", [x, tf.ints([attrs.axis], [])], [tf.flag("exclusive", false), tf.flag("reverse", attrs.reverse)]),
  };
}

/** ArgMax passes over NaN; the op table wants the first one. */
function firstLargest(tf: TensorFlowDevice, x: TensorInfo, axis: number): TensorInfo {
  const position = (values: TensorInfo): TensorInfo =>
    tf.op("ArgMax", [values, tf.ints([axis], [])], [tf.type("output_type", "int32")]);
  if (x.dtype !== "float32") return position(x);
  const invalid = tf.op("IsNan", [x]);
  const hasNaN = tf.op("Any", [invalid, tf.ints([axis])], [tf.flag("keep_dims", false)]);
  const marks = tf.op("Cast", [invalid], [tf.type("DstT", "int32")]);
  return tf.op("SelectV2", [hasNaN, position(marks), position(x)]);
}

/** Sum over leading axes adds one element after another in float32: 5e-4 off after 50,000 terms. In chunks it is not. */
function longSum(tf: TensorFlowDevice, x: TensorInfo, axes: readonly number[]): TensorInfo {
  const joined = joinReduced(x.shape, axes);
  let sum = tf.reshape(x, joined.shape);
  for (const axis of joined.axes.toReversed()) {
    const { outer, size, inner } = aroundAxis(sum.shape, axis);
    const reduced = sumMiddle(tf, tf.reshape(sum, [outer, size, inner]));
    sum = tf.reshape(reduced, sum.shape.toSpliced(axis, 1));
  }
  return sum;
}

/** `x [rows, size]` -> `[size]` */
export function sumRows(tf: TensorFlowDevice, x: TensorInfo): TensorInfo {
  return tf.reshape(sumMiddle(tf, tf.reshape(x, [1, ...x.shape])), [x.shape[1]]);
}

/** `x [outer, size, inner]` -> `[outer, inner]` */
function sumMiddle(tf: TensorFlowDevice, x: TensorInfo): TensorInfo {
  const [outer, size, inner] = x.shape;
  if (size <= LONG_SUM) return tf.op("Sum", [x, tf.ints([1])], [tf.flag("keep_dims", false)]);
  const chunks = Math.ceil(size / CHUNK);
  const padding = tf.ints([0, 0, 0, chunks * CHUNK - size, 0, 0], [3, 2]);
  const whole = chunks * CHUNK === size ? x : tf.op("PadV2", [x, padding, tf.scalar(0, "float32")]);
  const parts = tf.reshape(whole, [outer * chunks, CHUNK, inner]);
  const sums = tf.op("Sum", [parts, tf.ints([1])], [tf.flag("keep_dims", false)]);
  return sumMiddle(tf, tf.reshape(sums, [outer, chunks, inner]));
}
