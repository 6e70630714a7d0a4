import { ArgumentError, type DType, DTypeError, isFloat } from "@unrolled/backend";
import { apply, create, noGrad } from "../engine.js";
import type { Tensor } from "../tensor.js";

/** A tensor, or a number that takes the other operand's dtype. */
export type TensorLike = Tensor | number;

const none = {};

/** A 0-d tensor of a number, on the backend and in the dtype of `like`. */
export function scalarLike(op: string, value: number, like: Tensor): Tensor {
  if (like.dtype === "int32" && !Number.isInteger(value)) {
    throw new DTypeError(op, `${value} does not fit an int32 tensor`, 'cast the tensor first: x.cast("float32")');
  }
  return create("fill", like.backend, { shape: [], value, dtype: like.dtype });
}

type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less";

function binary(op: BinaryOp, a: TensorLike, b: TensorLike): Tensor {
  if (typeof b !== "number") {
    if (typeof a !== "number") return apply(op, [a, b], none);
    return apply(op, [scalarLike(op, a, b), b], none);
  }
  if (typeof a !== "number") return apply(op, [a, scalarLike(op, b, a)], none);
  throw new ArgumentError(op, "both operands are plain numbers", "give at least one tensor");
}

/** Negative, elementwise. */
export const neg = (x: Tensor): Tensor => apply("neg", [x], none);
/** Absolute value. The gradient at 0 is 0. */
export const abs = (x: Tensor): Tensor => apply("abs", [x], none);
/** -1, 0 or 1. */
export const sign = (x: Tensor): Tensor => apply("sign", [x], none);
/** e to the power of each element. */
export const exp = (x: Tensor): Tensor => apply("exp", [x], none);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => apply("log", [x], none);
/** Square root. */
export const sqrt = (x: Tensor): Tensor => apply("sqrt", [x], none);
/** Sine of radians. */
export const sin = (x: Tensor): Tensor => apply("sin", [x], none);
/** Cosine of radians. */
export const cos = (x: Tensor): Tensor => apply("cos", [x], none);
/** Hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => apply("tanh", [x], none);
/** 1 / (1 + e^-x). */
export const sigmoid = (x: Tensor): Tensor => apply("sigmoid", [x], none);
/** max(x, 0). The gradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => apply("relu", [x], none);
/** Gauss error function. */
export const erf = (x: Tensor): Tensor => apply("erf", [x], none);

/** a + b with broadcasting. */
export const add = (a: TensorLike, b: TensorLike): Tensor => binary("add", a, b);
/** a - b with broadcasting. */
export const sub = (a: TensorLike, b: TensorLike): Tensor => binary("sub", a, b);
/** a * b elementwise with broadcasting. */
export const mul = (a: TensorLike, b: TensorLike): Tensor => binary("mul", a, b);
/** a / b with broadcasting; floats only. */
export const div = (a: TensorLike, b: TensorLike): Tensor => binary("div", a, b);
/** a to the power of b with broadcasting; floats only. Small whole exponents are products. */
export const pow = (a: TensorLike, b: TensorLike): Tensor => {
  if (b === 2 && typeof a !== "number" && isFloat(a.dtype)) return mul(a, a);
  return binary("pow", a, b);
};
/** The larger of a and b; ties share the gradient. */
export const maximum = (a: TensorLike, b: TensorLike): Tensor => binary("maximum", a, b);
/** The smaller of a and b; ties share the gradient. */
export const minimum = (a: TensorLike, b: TensorLike): Tensor => binary("minimum", a, b);

/** a = b, bool. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => binary("equal", a, b);
/** a < b, bool. */
export const less = (a: TensorLike, b: TensorLike): Tensor => binary("less", a, b);
/** a > b, bool. */
export const greater = (a: TensorLike, b: TensorLike): Tensor => less(b, a);
/** a <= b, bool; false beside NaN. */
export const lessEqual = (a: TensorLike, b: TensorLike): Tensor => logicalOr(less(a, b), equal(a, b));
/** a >= b, bool; false beside NaN. */
export const greaterEqual = (a: TensorLike, b: TensorLike): Tensor => lessEqual(b, a);
/** a != b, bool; true beside NaN. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => logicalNot(equal(a, b));

/** not x, for bool tensors. */
export const logicalNot = (x: Tensor): Tensor => equal(asBool("logicalNot", x), 0);
/** a and b, for bool tensors, with broadcasting. */
export const logicalAnd = (a: Tensor, b: Tensor): Tensor =>
  where(asBool("logicalAnd", a), asBool("logicalAnd", b), scalarLike("logicalAnd", 0, a));
/** a or b, for bool tensors, with broadcasting. */
export const logicalOr = (a: Tensor, b: Tensor): Tensor =>
  where(asBool("logicalOr", a), scalarLike("logicalOr", 1, a), asBool("logicalOr", b));
/** Where an element is NaN, bool. */
export const isNan = (x: Tensor): Tensor => logicalNot(equal(x, x));

function asBool(op: string, x: Tensor): Tensor {
  if (x.dtype !== "bool")
    throw new DTypeError(op, `needs bool, got ${x.dtype}`, 'compare first, or cast: x.cast("bool")');
  return x;
}

/**
 * `a` where `condition` (bool) holds, else `b`; all three broadcast.
 *
 * @example
 * where(less(x, 0), 0, x); // relu
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  if (typeof a === "number") {
    if (typeof b === "number") {
      const like = cast(condition, "float32");
      return apply("where", [condition, scalarLike("where", a, like), scalarLike("where", b, like)], none);
    }
    return apply("where", [condition, scalarLike("where", a, b), b], none);
  }
  return apply("where", [condition, a, typeof b === "number" ? scalarLike("where", b, a) : b], none);
}

/** The same numbers in another dtype; x itself if it has that dtype. Gradients pass between float dtypes. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  return isFloat(dtype) ? apply("cast", [x], { dtype }) : noGrad(() => apply("cast", [x], { dtype }));
}
