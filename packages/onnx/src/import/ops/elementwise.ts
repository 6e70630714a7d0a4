import { broadcastShapes, isFloat } from "@unrolled/backend";
import type { ImportCall, Importer, Importers } from "../import-call.js";
import { CannotImport, type Operand } from "../operand.js";

type UnaryOp = "neg" | "abs" | "sign" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "relu" | "erf";
type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less";

export const unary = (op: UnaryOp): Importer => ({ inputs: [1, 1], build: (c) => [c.b.apply(op, [c.in(0)], {})] });

/** A number of the dtype of `like`. */
export const number = (c: ImportCall, value: number, like: Operand): Operand => c.b.scalar(value, like.dtype);

function pair(c: ImportCall): [Operand, Operand] {
  const [x, y] = [c.in(0), c.in(1)];
  if (x.type !== y.type) throw c.broken(`has inputs of types ${x.type} and ${y.type}`, "they must be the same");
  return [x, y];
}

const binary = (op: BinaryOp): Importer => ({ inputs: [2, 2], build: (c) => [c.b.apply(op, pair(c), {})] });

const variadic = (op: BinaryOp): Importer => ({
  inputs: [1, Number.POSITIVE_INFINITY],
  build: (c) => [c.inputs.map((_, i) => c.in(i)).reduce((x, y) => c.b.apply(op, [x, y], {}))],
});

export function not(c: ImportCall, x: Operand): Operand {
  return c.b.apply("equal", [x, c.b.scalar(0, "bool")], {});
}

/** a >= b: larger or equal, so that NaN is neither. */
function atLeast(c: ImportCall, [x, y]: [Operand, Operand]): Operand {
  const equal = c.b.apply("equal", [x, y], {});
  return c.b.apply("where", [equal, equal, c.b.apply("less", [y, x], {})], {});
}

/** Integers divide on the host, rounding to zero; the table divides floats. */
function divide(c: ImportCall): readonly Operand[] {
  const [x, y] = pair(c);
  if (isFloat(x.dtype)) return [c.b.apply("div", [x, y], {})];
  const shape = broadcastShapes(c.where, x.shape, y.shape);
  const [a, b] = [x, y].map((operand) => c.b.apply("broadcast", [operand], { shape }).constant);
  if (!a || !b) throw new CannotImport("divides integers that are not known before the run");
  if (b.data.includes(0)) throw c.broken("divides integers by zero", "use a divisor that is not zero");
  const data = a.data.map((value, i) => Math.trunc(value / b.data[i]));
  return [c.b.constant({ shape, type: x.type, data })];
}

function clip(c: ImportCall): readonly Operand[] {
  const attribute = (name: string): Operand | null => (c.has(name) ? number(c, c.float(name, 0), c.in(0)) : null);
  const [least, most] = c.opset < 11 ? [attribute("min"), attribute("max")] : [c.optional(1), c.optional(2)];
  const raised = least ? c.b.apply("maximum", [c.in(0), least], {}) : c.in(0);
  return [most ? c.b.apply("minimum", [raised, most], {}) : raised];
}

/** x Phi(x), or its approximation by tanh. */
function gelu(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const mul = (a: Operand, b: Operand): Operand => c.b.apply("mul", [a, b], {});
  const plusOne = (a: Operand): Operand => c.b.apply("add", [a, number(c, 1, x)], {});
  const approximate = c.string("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh")
    throw c.broken(`has approximate = ${approximate}`, "use none or tanh");
  const half = mul(x, number(c, 0.5, x));
  if (approximate === "none") return [mul(half, plusOne(c.b.apply("erf", [mul(x, number(c, Math.SQRT1_2, x))], {})))];
  const cubic = mul(mul(mul(x, x), x), number(c, 0.044715, x));
  const inner = mul(c.b.apply("add", [x, cubic], {}), number(c, Math.sqrt(2 / Math.PI), x));
  return [mul(half, plusOne(c.b.apply("tanh", [inner], {})))];
}

function power(c: ImportCall): readonly Operand[] {
  const [x, y] = [c.in(0), c.in(1)];
  const exponent = y.type === x.type ? y : c.b.apply("cast", [y], { dtype: x.dtype });
  return [c.b.apply("pow", [x, exponent], {})];
}

export const elementwise: Importers = {
  Neg: unary("neg"),
  Abs: unary("abs"),
  Sign: unary("sign"),
  Exp: unary("exp"),
  Log: unary("log"),
  Sqrt: unary("sqrt"),
  Sin: unary("sin"),
  Cos: unary("cos"),
  Tanh: unary("tanh"),
  Sigmoid: unary("sigmoid"),
  Relu: unary("relu"),
  Erf: unary("erf"),
  Add: binary("add"),
  Sub: binary("sub"),
  Mul: binary("mul"),
  Div: { inputs: [2, 2], build: divide },
  Pow: { inputs: [2, 2], build: power },
  Max: variadic("maximum"),
  Min: variadic("minimum"),
  Equal: binary("equal"),
  Less: binary("less"),
  Greater: { inputs: [2, 2], build: (c) => [c.b.apply("less", pair(c).reverse(), {})] },
  Where: { inputs: [3, 3], build: (c) => [c.b.apply("where", [c.in(0), c.in(1), c.in(2)], {})] },
  Not: { inputs: [1, 1], build: (c) => [not(c, c.in(0))] },
  And: { inputs: [2, 2], build: (c) => [c.b.apply("where", [c.in(0), c.in(1), c.in(0)], {})] },
  Or: { inputs: [2, 2], build: (c) => [c.b.apply("where", [c.in(0), c.in(0), c.in(1)], {})] },
  IsNaN: { inputs: [1, 1], build: (c) => [not(c, c.b.apply("equal", [c.in(0), c.in(0)], {}))] },
  Reciprocal: { inputs: [1, 1], build: (c) => [c.b.apply("div", [number(c, 1, c.in(0)), c.in(0)], {})] },
  Clip: { inputs: [1, 3], build: clip },
  GreaterOrEqual: { inputs: [2, 2], build: (c) => [atLeast(c, pair(c))] },
  LessOrEqual: { inputs: [2, 2], build: (c) => [atLeast(c, pair(c).reverse() as [Operand, Operand])] },
  Sum: variadic("add"),
  Gelu: { inputs: [1, 1], build: gelu },
};
