import { DTypeError } from "../errors.js";
import type { Meta } from "../ops.js";
import { broadcastShapes, sameShape } from "../shape.js";
import { requireDType, requireFloat, requireNumeric, requireSameDType } from "./checks.js";
import type { OpRow, OpTable } from "./row.js";

type UnaryOp = "neg" | "abs" | "sign" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "relu" | "erf";
type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less";

function unary<K extends UnaryOp>(op: K, doc: string, accepts: "numeric" | "float", edges: string): OpRow<K> {
  const require = accepts === "float" ? requireFloat : requireNumeric;
  const infer = (inputs: readonly [Meta], _attrs: object): readonly [Meta] => {
    require(op, inputs[0]);
    return inputs;
  };
  return { doc, edges, infer } as unknown as OpRow<K>;
}

function binary<K extends BinaryOp>(
  op: K,
  doc: string,
  kind: "numeric" | "float" | "comparison",
  edges: string,
): OpRow<K> {
  const infer = (inputs: readonly [Meta, Meta], _attrs: object): readonly [Meta] => {
    const [a, b] = inputs;
    if (a.dtype !== b.dtype) requireSameDType(op, a, b);
    if (kind === "numeric") requireNumeric(op, a);
    else if (kind === "float") requireFloat(op, a);
    const shape = broadcastShapes(op, a.shape, b.shape);
    if (kind === "comparison") return [{ shape, dtype: "bool" }];
    return shape === a.shape ? [a] : shape === b.shape ? [b] : [{ shape, dtype: a.dtype }];
  };
  return { doc, edges, infer } as unknown as OpRow<K>;
}

export const elementwise: Pick<OpTable, UnaryOp | BinaryOp | "where"> = {
  neg: unary("neg", "-x", "numeric", "NaN stays NaN."),
  abs: unary("abs", "|x|", "numeric", "Gradient 0 at 0."),
  sign: unary("sign", "-1, 0 or 1", "numeric", "sign(NaN) is NaN; gradient 0 everywhere."),
  exp: unary("exp", "e^x", "float", "Overflows to Infinity."),
  log: unary("log", "Natural logarithm", "float", "log(0) = -Infinity, log of a negative number is NaN."),
  sqrt: unary("sqrt", "Square root", "float", "NaN below 0; gradient Infinity at 0."),
  sin: unary("sin", "Sine, radians", "float", "NaN at +-Infinity."),
  cos: unary("cos", "Cosine, radians", "float", "NaN at +-Infinity."),
  tanh: unary("tanh", "Hyperbolic tangent", "float", "+-1 at +-Infinity."),
  sigmoid: unary("sigmoid", "1 / (1 + e^-x), computed without overflow", "float", "0 and 1 at -+Infinity."),
  relu: unary("relu", "max(x, 0)", "numeric", "Gradient 0 at 0; NaN stays NaN."),
  erf: unary(
    "erf",
    "Gauss error function",
    "float",
    "+-1 at +-Infinity. Maximum absolute error 2e-7 in float32, 1e-13 in float64.",
  ),

  add: binary("add", "a + b", "numeric", "int32 wraps."),
  sub: binary("sub", "a - b", "numeric", "int32 wraps."),
  mul: binary("mul", "a * b", "numeric", "int32 is exact below 2^24 in magnitude on every backend."),
  div: binary("div", "a / b", "float", "x / 0 is +-Infinity, 0 / 0 NaN."),
  pow: binary(
    "pow",
    "a ^ b",
    "float",
    "pow(x, 0) = 1 and pow(1, x) = 1, also for NaN; pow(-1, +-Infinity) = 1. The gradient of b is 0 where a = 0 and b >= 0.",
  ),
  maximum: binary("maximum", "The larger of a and b", "numeric", "NaN wins. At ties each gets half the gradient."),
  minimum: binary("minimum", "The smaller of a and b", "numeric", "NaN wins. At ties each gets half the gradient."),

  equal: binary("equal", "a = b, as bool", "comparison", "NaN equals nothing."),
  less: binary("less", "a < b, as bool", "comparison", "False beside NaN."),
  where: {
    doc: "a where condition holds, else b; all three broadcast",
    edges: "The unchosen side gets gradient 0, also where it is NaN or infinite.",
    infer([condition, a, b]) {
      requireDType("where", "condition", condition, "bool");
      if (a.dtype !== b.dtype) {
        throw new DTypeError("where", `branches are ${a.dtype} and ${b.dtype}`, "cast one of them");
      }
      const shape = broadcastShapes("where", broadcastShapes("where", a.shape, b.shape), condition.shape);
      return sameShape(shape, a.shape) ? [a] : [{ shape, dtype: a.dtype }];
    },
  },
};
