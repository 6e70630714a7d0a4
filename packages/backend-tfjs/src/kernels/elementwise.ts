import type { TensorInfo } from "@tensorflow/tfjs-core";
import { broadcastShapes, type Shape } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { Shade } from "../gpu/shade.js";
import { shaders } from "../gpu/shaders.js";
import type { Computes } from "./compute.js";
import { joinBroadcast } from "./layout.js";
import { expand, flat, select } from "./pieces.js";

type UnaryOp = "neg" | "abs" | "sign" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "relu" | "erf";
type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less";
type Unary = (device: Device, inputs: readonly [TensorInfo]) => TensorInfo;
type Binary = (
  device: Device,
  inputs: readonly [TensorInfo, TensorInfo],
  call: { readonly out: readonly [{ readonly shape: Shape }] },
) => TensorInfo;

/** Broadcasting patterns that alternate more often are spelled out first; engines take 4 to 6 dimensions. */
const MAX_BROADCAST_RANK = 4;

const unary =
  (kernel: string): Unary =>
  (device, [x]) =>
    device.run(kernel, { x });

/** By a shader of this package where the GPU engines, or one of them, have it wrong. */
const shaded =
  (name: "sin" | "cos" | "erf" | "relu" | "sigmoid", kernel: string, only?: "webgl" | "webgpu"): Unary =>
  (device, [x]) => {
    if (!device.shade || x.dtype !== "float32" || (only && only !== device.engine)) return device.run(kernel, { x });
    const values = flat(device, x);
    return device.track(device.shade.elementwise(shaders[name], [values], values.shape, "float32"));
  };

const binary =
  (kernel: string): Binary =>
  (device, [a, b], { out }) =>
    paired(device, kernel, a, b, out[0].shape);

export const elementwise: Computes<UnaryOp | BinaryOp | "where"> = {
  neg: unary("Neg"),
  abs: unary("Abs"),
  sign: (device, [x]) => sign(device, x),
  exp: unary("Exp"),
  log: unary("Log"),
  sqrt: unary("Sqrt"),
  sin: shaded("sin", "Sin"),
  cos: shaded("cos", "Cos"),
  tanh: unary("Tanh"),
  sigmoid: shaded("sigmoid", "Sigmoid", "webgpu"),
  relu: shaded("relu", "Relu", "webgl"),
  erf: shaded("erf", "Erf"),

  add: binary("Add"),
  sub: binary("Sub"),
  mul: binary("Multiply"),
  div: (device, [a, b], { out }) =>
    device.engine === "webgl"
      ? shadedPair(device, "div", a, b, out[0].shape)
      : paired(device, "RealDiv", a, b, out[0].shape),
  pow: (device, [a, b], { out }) => power(device, a, b, out[0].shape),
  maximum: (device, [a, b], { out }) => extreme(device, "Maximum", a, b, out[0].shape),
  minimum: (device, [a, b], { out }) => extreme(device, "Minimum", a, b, out[0].shape),
  equal: binary("Equal"),
  less: binary("Less"),

  where(device, [condition, a, b], { out }) {
    const shape = out[0].shape;
    return select(device, expand(device, condition, shape), expand(device, a, shape), expand(device, b, shape));
  },
};

function paired(device: Device, kernel: string, a: TensorInfo, b: TensorInfo, shape: Shape): TensorInfo {
  const [shapeA, shapeB] = joinBroadcast(a.shape, b.shape);
  if (Math.max(shapeA.length, shapeB.length) <= MAX_BROADCAST_RANK) {
    return device.run(kernel, { a: device.view(a, shapeA), b: device.view(b, shapeB) });
  }
  return device.run(kernel, { a: flat(device, expand(device, a, shape)), b: flat(device, expand(device, b, shape)) });
}

function shadedPair(device: Device, name: "div" | "pow", a: TensorInfo, b: TensorInfo, shape: Shape): TensorInfo {
  const shade = device.shade as Shade;
  const [shapeA, shapeB] = joinBroadcast(a.shape, b.shape);
  if (Math.max(shapeA.length, shapeB.length) > MAX_BROADCAST_RANK || a === b) {
    const [x, y] = [flat(device, expand(device, a, shape)), flat(device, expand(device, b, shape))];
    return device.track(shade.elementwise(shaders[name], [x, y], x.shape, "float32"));
  }
  const joined = broadcastShapes(name, shapeA, shapeB);
  const operands = [device.view(a, shapeA), device.view(b, shapeB)];
  return device.track(shade.elementwise(shaders[name], operands, joined, "float32"));
}

/** Sign of TensorFlow.js makes NaN 0 and, in the wasm engine, small numbers too. */
function sign(device: Device, x: TensorInfo): TensorInfo {
  if (x.dtype === "int32") return device.run("Sign", { x });
  const values = flat(device, x);
  const zero = device.fill([], 0, "float32");
  const orMinusOne = select(
    device,
    device.run("Less", { a: values, b: zero }),
    device.fill(values.shape, -1, "float32"),
    values,
  );
  return select(
    device,
    device.run("Less", { a: zero, b: values }),
    device.fill(values.shape, 1, "float32"),
    orMinusOne,
  );
}

/** JavaScript's power, and so the cpu engine's, is NaN for 1 to NaN or Infinity and for -1 to Infinity. */
function power(device: Device, a: TensorInfo, b: TensorInfo, shape: Shape): TensorInfo {
  if (device.shade) return shadedPair(device, "pow", a, b, shape);
  const result = paired(device, "Pow", a, b, shape);
  if (!device.traits.powerOfOneIsNaN) return result;
  const [base, exponent] = [flat(device, expand(device, a, shape)), flat(device, expand(device, b, shape))];
  const one = device.fill([], 1, "float32");
  const minusOne = device.run("LogicalAnd", {
    a: device.run("Equal", { a: base, b: device.fill([], -1, "float32") }),
    b: device.run("IsInf", { x: exponent }),
  });
  const ofOne = device.run("LogicalOr", { a: device.run("Equal", { a: base, b: one }), b: minusOne });
  return device.view(select(device, ofOne, device.fill(base.shape, 1, "float32"), result), shape);
}

function extreme(device: Device, kernel: string, a: TensorInfo, b: TensorInfo, shape: Shape): TensorInfo {
  const result = paired(device, kernel, a, b, shape);
  if (!device.traits.pairwiseMaxLosesNaN || a.dtype !== "float32") return result;
  const swapped = paired(device, kernel, b, a, shape);
  return select(device, device.run("IsNan", { x: swapped }), swapped, result);
}
