import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Meta } from "@unrolled/backend";
import type { Computes } from "../../kernels/compute.js";
import type { TensorFlowDevice } from "../device.js";
import { expand } from "./expand.js";

/** TensorFlow broadcasts patterns that alternate no more often than this. */
const MAX_BROADCAST_RANK = 4;

type UnaryOp = "neg" | "abs" | "sign" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "relu" | "erf";
type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less";

export function elementwise(tf: TensorFlowDevice): Computes<UnaryOp | BinaryOp | "where"> {
  const unary =
    (name: string) =>
    (_: unknown, [x]: readonly [TensorInfo]): TensorInfo =>
      tf.op(name, [x]);
  const binary =
    (name: string) =>
    (_: unknown, [a, b]: readonly [TensorInfo, TensorInfo], { out }: { readonly out: readonly [Meta] }): TensorInfo => {
      const { shape } = out[0];
      if (shape.length <= MAX_BROADCAST_RANK) return tf.op(name, [a, b]);
      return tf.op(name, [expand(tf, a, shape), expand(tf, b, shape)]);
    };
  const [less, and] = [binary("Less"), binary("LogicalAnd")];
  return {
    neg: unary("Neg"),
    abs: unary("Abs"),
    sign: unary("Sign"),
    exp: unary("Exp"),
    log: unary("Log"),
    sqrt: unary("Sqrt"),
    sin: unary("Sin"),
    cos: unary("Cos"),
    tanh: unary("Tanh"),
    sigmoid: unary("Sigmoid"),
    relu: unary("Relu"),
    erf: unary("Erf"),

    add: binary("AddV2"),
    sub: binary("Sub"),
    mul: binary("Mul"),
    div: binary("RealDiv"),
    pow: binary("Pow"),
    maximum: binary("Maximum"),
    minimum: binary("Minimum"),
    equal: binary("Equal"),
    less(device, [a, b], call) {
      if (a.dtype !== "bool") return less(device, [a, b], call);
      return and(device, [tf.op("LogicalNot", [a]), b], call);
    },

    where(_, [condition, a, b], { out }) {
      const { shape } = out[0];
      if (shape.length <= MAX_BROADCAST_RANK) return tf.op("SelectV2", [condition, a, b]);
      return tf.op("SelectV2", [expand(tf, condition, shape), expand(tf, a, shape), expand(tf, b, shape)]);
    },
  };
}
