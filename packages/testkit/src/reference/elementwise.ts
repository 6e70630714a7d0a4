import type { Meta } from "@unrolled/backend";
import { erf } from "./erf.js";
import type { PrimitiveReferences } from "./primitive-reference.js";
import { broadcastAt, tabulate, type Values } from "./values.js";

type UnaryReference = (inputs: readonly [Values], attrs: object, out: Meta) => Float64Array;
type BinaryReference = (inputs: readonly [Values, Values], attrs: object, out: Meta) => Float64Array;

function unary(f: (x: number) => number): UnaryReference {
  return ([x], _attrs, out) => tabulate(out, (index) => f(broadcastAt(x, index)));
}

function binary(f: (a: number, b: number) => number): BinaryReference {
  return ([a, b], _attrs, out) => tabulate(out, (index) => f(broadcastAt(a, index), broadcastAt(b, index)));
}

type ElementwiseOp =
  | ("neg" | "abs" | "sign" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "relu" | "erf")
  | ("add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less" | "where");

export const elementwise: Pick<PrimitiveReferences, ElementwiseOp> = {
  neg: unary((x) => -x),
  abs: unary((x) => Math.abs(x)),
  sign: unary((x) => Math.sign(x)),
  exp: unary((x) => Math.exp(x)),
  log: unary((x) => Math.log(x)),
  sqrt: unary((x) => Math.sqrt(x)),
  sin: unary((x) => Math.sin(x)),
  cos: unary((x) => Math.cos(x)),
  tanh: unary((x) => Math.tanh(x)),
  sigmoid: unary(sigmoid),
  relu: unary((x) => Math.max(x, 0)),
  erf: unary(erf),

  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  pow: binary(pow),
  maximum: binary((a, b) => Math.max(a, b)),
  minimum: binary((a, b) => Math.min(a, b)),

  equal: binary((a, b) => (a === b ? 1 : 0)),
  less: binary((a, b) => (a < b ? 1 : 0)),
  where: ([condition, a, b], _attrs, out) =>
    tabulate(out, (index) => (broadcastAt(condition, index) !== 0 ? broadcastAt(a, index) : broadcastAt(b, index))),
};

/** JavaScript's `**` has NaN where C has 1. */
function pow(base: number, exponent: number): number {
  if (base === 1 || exponent === 0) return 1;
  return base === -1 && !Number.isNaN(exponent) && !Number.isFinite(exponent) ? 1 : base ** exponent;
}

export function sigmoid(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}
