import { ArgumentError, type Attrs, type Backend, type DType, DTypeError, isFloat } from "@unrolled/backend";
import { create, noGrad, run } from "../engine.js";
import { isTracing } from "../graph/tracing-mark.js";
import { type Primitive, primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";

/** A tensor, or a number that takes the other operand's dtype. */
export type TensorLike = Tensor | number;

const none = {};

/** Some numbers that were operands of late, as 0-d tensors of one backend. They never get out of this package's ops. */
const recent: { backend: Backend | null; readonly tensors: (Tensor | null)[]; readonly values: Float64Array } = {
  backend: null,
  tensors: new Array<Tensor | null>(64).fill(null),
  values: new Float64Array(64),
};

/**
 * A 0-d operand of a number, on the backend and in the dtype of `like`. It may be shared: do not return it from an op, nor
 * dispose of it.
 */
export function scalarLike(op: string, value: number, like: Tensor): Tensor {
  const { backend, dtype } = like;
  const at = ((value * 977) | 0) & 63;
  if (backend === recent.backend && Object.is(recent.values[at], value)) {
    const known = recent.tensors[at];
    if (known !== null && known.dtype === dtype) return known;
  }
  if (dtype === "int32" && !Number.isInteger(value)) {
    throw new DTypeError(op, `${value} does not fit an int32 tensor`, 'cast the tensor first: x.cast("float32")');
  }
  const made = create("fill", backend, { shape: [], value, dtype });
  // Memory of a device needs freeing, and what was traced must not be kept.
  if (backend.capabilities.hostMemory && !isTracing(backend)) {
    if (backend !== recent.backend) recent.tensors.fill(null);
    recent.backend = backend;
    recent.tensors[at] = made;
    recent.values[at] = value;
  }
  return made;
}

type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less";

function binary<K extends BinaryOp>(op: Primitive<K>, a: TensorLike, b: TensorLike): Tensor {
  const attrs = none as Attrs<K>;
  if (typeof b !== "number") {
    if (typeof a !== "number") return run(op, [a, b], attrs);
    return run(op, [scalarLike(op.name, a, b), b], attrs);
  }
  if (typeof a !== "number") return run(op, [a, scalarLike(op.name, b, a)], attrs);
  throw new ArgumentError(op.name, "both operands are plain numbers", "give at least one tensor");
}

/** Negative, elementwise. */
export const neg = (x: Tensor): Tensor => run(primitives.neg, [x], none);
/** Absolute value. The gradient at 0 is 0. Elementwise. */
export const abs = (x: Tensor): Tensor => run(primitives.abs, [x], none);
/** -1, 0 or 1. Elementwise. */
export const sign = (x: Tensor): Tensor => run(primitives.sign, [x], none);
/** e to the power of each element. */
export const exp = (x: Tensor): Tensor => run(primitives.exp, [x], none);
/** Natural logarithm. Elementwise. */
export const log = (x: Tensor): Tensor => run(primitives.log, [x], none);
/** Square root. Elementwise. */
export const sqrt = (x: Tensor): Tensor => run(primitives.sqrt, [x], none);
/** Sine of radians. Elementwise. */
export const sin = (x: Tensor): Tensor => run(primitives.sin, [x], none);
/** Cosine of radians. Elementwise. */
export const cos = (x: Tensor): Tensor => run(primitives.cos, [x], none);
/** Hyperbolic tangent. Elementwise. */
export const tanh = (x: Tensor): Tensor => run(primitives.tanh, [x], none);
/** 1 / (1 + e^-x). Elementwise. */
export const sigmoid = (x: Tensor): Tensor => run(primitives.sigmoid, [x], none);
/** max(x, 0). The gradient at 0 is 0. Elementwise. */
export const relu = (x: Tensor): Tensor => run(primitives.relu, [x], none);
/** Gauss error function. Elementwise. */
export const erf = (x: Tensor): Tensor => run(primitives.erf, [x], none);

/** a + b with broadcasting. */
export const add = (a: TensorLike, b: TensorLike): Tensor => binary(primitives.add, a, b);
/** a - b with broadcasting. */
export const sub = (a: TensorLike, b: TensorLike): Tensor => binary(primitives.sub, a, b);
/** a * b elementwise with broadcasting. */
export const mul = (a: TensorLike, b: TensorLike): Tensor => binary(primitives.mul, a, b);
/** a / b with broadcasting; floats only. */
export const div = (a: TensorLike, b: TensorLike): Tensor => binary(primitives.div, a, b);
/** a to the power of b with broadcasting; floats only. Small whole exponents are products. */
export const pow = (a: TensorLike, b: TensorLike): Tensor => {
  if (b === 2 && typeof a !== "number" && isFloat(a.dtype)) return mul(a, a);
  return binary(primitives.pow, a, b);
};
/** The larger of a and b; ties share the gradient. Elementwise, with broadcasting. */
export const maximum = (a: TensorLike, b: TensorLike): Tensor => binary(primitives.maximum, a, b);
/** The smaller of a and b; ties share the gradient. Elementwise, with broadcasting. */
export const minimum = (a: TensorLike, b: TensorLike): Tensor => binary(primitives.minimum, a, b);

/** a = b, bool. Elementwise, with broadcasting. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => binary(primitives.equal, a, b);
/** a < b, bool. Elementwise, with broadcasting. */
export const less = (a: TensorLike, b: TensorLike): Tensor => binary(primitives.less, a, b);
/** a > b, bool. Elementwise, with broadcasting. */
export const greater = (a: TensorLike, b: TensorLike): Tensor => less(b, a);
/** a <= b, bool; false beside NaN. Elementwise, with broadcasting. */
export const lessEqual = (a: TensorLike, b: TensorLike): Tensor => logicalOr(less(a, b), equal(a, b));
/** a >= b, bool; false beside NaN. Elementwise, with broadcasting. */
export const greaterEqual = (a: TensorLike, b: TensorLike): Tensor => lessEqual(b, a);
/** a != b, bool; true beside NaN. Elementwise, with broadcasting. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => logicalNot(equal(a, b));

/** not x, for bool tensors. Elementwise. */
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
      return run(primitives.where, [condition, scalarLike("where", a, like), scalarLike("where", b, like)], none);
    }
    return run(primitives.where, [condition, scalarLike("where", a, b), b], none);
  }
  return run(primitives.where, [condition, a, typeof b === "number" ? scalarLike("where", b, a) : b], none);
}

/** The same numbers in another dtype; x itself if it has that dtype. Gradients pass between float dtypes. The shape stays. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  return isFloat(dtype) ? run(primitives.cast, [x], { dtype }) : noGrad(() => run(primitives.cast, [x], { dtype }));
}
