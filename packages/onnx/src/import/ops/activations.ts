import type { ImportCall } from "../import-call.js";
import type { Operand } from "../operand.js";
import { number } from "./elementwise.js";

type Make = (c: ImportCall, x: Operand, alpha: number, beta: number) => Operand;

interface Activation {
  readonly make: Make;
  /** The defaults of the parameters that it takes; null where none is agreed on among runtimes. */
  readonly alpha?: number | null;
  readonly beta?: number | null;
}

const mul = (c: ImportCall, a: Operand, b: Operand): Operand => c.b.apply("mul", [a, b], {});
const add = (c: ImportCall, a: Operand, b: Operand): Operand => c.b.apply("add", [a, b], {});
const times = (c: ImportCall, x: Operand, factor: number): Operand => mul(c, x, number(c, factor, x));
const plus = (c: ImportCall, x: Operand, term: number): Operand => add(c, x, number(c, term, x));

/** `a` where x > limit, else `b`. */
function above(c: ImportCall, x: Operand, limit: number, a: Operand, b: Operand): Operand {
  return c.b.apply("where", [c.b.apply("less", [number(c, limit, x), x], {}), a, b], {});
}

export function clamp(c: ImportCall, x: Operand, least: number, most: number): Operand {
  const raised = c.b.apply("maximum", [x, number(c, least, x)], {});
  return c.b.apply("minimum", [raised, number(c, most, x)], {});
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), without overflow. */
export function softplus(c: ImportCall, x: Operand): Operand {
  const small = c.b.apply("exp", [c.b.apply("neg", [c.b.apply("abs", [x], {})], {})], {});
  return add(c, c.b.apply("maximum", [x, number(c, 0, x)], {}), c.b.apply("log", [plus(c, small, 1)], {}));
}

/** Below 0 alpha (e^x - 1); the exponent is cut off so that the branch not taken stays finite. */
function elu(c: ImportCall, x: Operand, alpha: number): Operand {
  const negative = c.b.apply("minimum", [x, number(c, 0, x)], {});
  return above(c, x, 0, x, times(c, plus(c, c.b.apply("exp", [negative], {}), -1), alpha));
}

/** The activations of ONNX's recurrent operators, several of which are operators of their own. */
export const activations: Readonly<Record<string, Activation>> = {
  sigmoid: { make: (c, x) => c.b.apply("sigmoid", [x], {}) },
  tanh: { make: (c, x) => c.b.apply("tanh", [x], {}) },
  relu: { make: (c, x) => c.b.apply("relu", [x], {}) },
  affine: { make: (c, x, alpha, beta) => plus(c, times(c, x, alpha), beta), alpha: null, beta: null },
  leakyrelu: { make: (c, x, alpha) => above(c, x, 0, x, times(c, x, alpha)), alpha: 0.01 },
  thresholdedrelu: { make: (c, x, alpha) => above(c, x, alpha, x, times(c, x, 0)), alpha: null },
  scaledtanh: {
    make: (c, x, alpha, beta) => times(c, c.b.apply("tanh", [times(c, x, beta)], {}), alpha),
    alpha: null,
    beta: null,
  },
  hardsigmoid: {
    make: (c, x, alpha, beta) => clamp(c, plus(c, times(c, x, alpha), beta), 0, 1),
    alpha: 0.2,
    beta: 0.5,
  },
  elu: { make: elu, alpha: 1 },
  softsign: { make: (c, x) => c.b.apply("div", [x, plus(c, c.b.apply("abs", [x], {}), 1)], {}) },
  softplus: { make: softplus },
};
