import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "../describe-value.js";
import type { Tensor } from "../tensor.js";
import {
  add,
  div,
  erf,
  exp,
  greater,
  greaterEqual,
  lessEqual,
  log,
  mul,
  sigmoid,
  sub,
  tanh,
  where,
} from "./elementwise.js";

/**
 * Elements limited to [low, high]; either bound may be left out. Where they cross, high wins. The gradient is 1 strictly inside,
 * else 0, as in PyTorch from 2.15 on.
 *
 * @throws ArgumentError if both bounds are left out
 */
export function clamp(x: Tensor, { low, high }: { readonly low?: number; readonly high?: number }): Tensor {
  if (low === undefined && high === undefined)
    throw new ArgumentError("clamp", "no bound is given", "give low, high or both");
  let out = x;
  if (low !== undefined) out = where(lessEqual(out, low), low, out);
  if (high !== undefined) out = where(greaterEqual(out, high), high, out);
  return out;
}

/** Here log(1 + e^x) rounds to x in every float dtype, and e^x does not overflow yet. */
const exactlyLinearAbove = 80;

/**
 * log(1 + e^(beta x)) / beta, linear above `threshold` (of beta x), as torch.nn.functional.softplus. Elementwise.
 *
 * @throws ArgumentError unless beta is positive
 */
export function softplus(
  x: Tensor,
  { beta = 1, threshold = 20 }: { readonly beta?: number; readonly threshold?: number } = {},
): Tensor {
  if (!(beta > 0)) throw new ArgumentError("softplus", `beta ${describeValue(beta)}`, "use a positive number");
  const scaled = mul(x, beta);
  const linear = greater(scaled, Math.min(threshold, exactlyLinearAbove));
  const soft = log(add(exp(where(linear, 0, scaled)), 1));
  return where(linear, x, div(soft, beta));
}

/**
 * x times the normal distribution function; `approximate: "tanh"` for the usual approximation (Hendrycks and Gimpel, 2016). Elementwise.
 *
 * @throws ArgumentError for another approximation
 */
export function gelu(x: Tensor, { approximate = "none" }: { readonly approximate?: "none" | "tanh" } = {}): Tensor {
  if (approximate === "tanh") {
    const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
    return mul(mul(x, 0.5), add(tanh(inner), 1));
  }
  if (approximate !== "none")
    throw new ArgumentError("gelu", `approximate ${describeValue(approximate)}`, 'use "none" or "tanh"');
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

/** x sigmoid(x), also called swish. Elementwise. */
export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x));
}

/** x above 0, slope x below. Default slope 0.01. Elementwise. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return where(greater(x, 0), x, mul(x, slope));
}

/** x above 0, alpha (e^x - 1) below. Elementwise. */
export function elu(x: Tensor, alpha = 1): Tensor {
  const positive = greater(x, 0);
  return where(positive, x, mul(sub(exp(where(positive, 0, x)), 1), alpha));
}

/** x * x. Elementwise. */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** 1 / x. Elementwise. */
export function reciprocal(x: Tensor): Tensor {
  return div(1, x);
}
