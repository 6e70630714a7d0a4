import type { Lowering, Lowerings } from "../lowering.js";
import { erf64 } from "./erf64.js";

type UnaryOp = "neg" | "abs" | "sign" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "relu" | "erf";
type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal";

const unary =
  <K extends UnaryOp>(opType: string): Lowering<K> =>
  (b, call) => [b.node(opType, [call.in[0].name])];

const binary =
  <K extends BinaryOp>(opType: string): Lowering<K> =>
  (b, call) => [b.node(opType, [call.in[0].name, call.in[1].name])];

export const elementwise: Pick<Lowerings, UnaryOp | BinaryOp | "less" | "where"> = {
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
  /** ONNX Runtime before 1.30 answers 1 for the erf of NaN. */
  erf: (b, { in: [x] }) => {
    if (x.dtype === "float64") return [erf64(b, x)];
    return [b.node("Where", [b.node("IsNaN", [x.name]), x.name, b.node("Erf", [x.name])])];
  },
  add: binary("Add"),
  sub: binary("Sub"),
  mul: binary("Mul"),
  div: binary("Div"),
  pow: binary("Pow"),
  maximum: binary("Max"),
  minimum: binary("Min"),
  equal: binary("Equal"),
  less: (b, { in: [x, y] }) => [
    x.dtype === "bool" ? b.node("And", [b.node("Not", [x.name]), y.name]) : b.node("Less", [x.name, y.name]),
  ],
  where: (b, { in: [condition, x, y] }) => {
    if (x.dtype !== "bool") return [b.node("Where", [condition.name, x.name, y.name])];
    const chosen = b.node("And", [condition.name, x.name]);
    const otherwise = b.node("And", [b.node("Not", [condition.name]), y.name]);
    return [b.node("Or", [chosen, otherwise])];
  },
};
