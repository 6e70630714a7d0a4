import { ArgumentError, GraphError, requireKnownOptions } from "@unrolled/backend";
import {
  cast,
  clamp,
  describeValue,
  full,
  isTracing,
  minimum,
  mul,
  noGrad,
  norm,
  scope,
  stack,
  type Tensor,
} from "@unrolled/core";
import { tensorsOf } from "./group.js";

function gradientsOf(op: string, parameters: Iterable<Tensor>): Tensor[] {
  return tensorsOf(op, parameters).flatMap(({ grad }) => (grad === null ? [] : [grad]));
}

function replace(target: Tensor, value: Tensor): void {
  target.assign_(value);
  value.dispose();
}

/** Options of `clipGradNorm`. */
export interface ClipNormOptions {
  /** Order of the norm: a positive number or Infinity. Default 2. */
  readonly p?: number;
  /** Raise if the total norm is infinite or NaN; needs a backend that can be read synchronously. Default false. */
  readonly errorIfNonFinite?: boolean;
}

/**
 * Scales all gradients by min(1, maxNorm / (total norm + 1e-6)), so that their total norm is at most `maxNorm`, as
 * torch.nn.utils.clip_grad_norm_. Give one group's parameters to clip that group alone.
 *
 * As in PyTorch, a NaN in any gradient makes all of them NaN; an infinite one becomes NaN, and all others 0. `errorIfNonFinite`
 * raises instead, and leaves all as they are.
 *
 * @returns the total norm before clipping, 0-d; 0 where no parameter has a gradient
 * @throws ArgumentError if the parameters are no list of tensors, `maxNorm` is below 0, or by `errorIfNonFinite`
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 * @example
 * loss.backward();
 * clipGradNorm(model.parameters(), 1);
 * optimizer.step();
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number, options: ClipNormOptions = {}): Tensor {
  requireKnownOptions("clipGradNorm", options, ["p", "errorIfNonFinite"]);
  const { p = 2, errorIfNonFinite = false } = options;
  if (typeof maxNorm !== "number" || !(maxNorm >= 0))
    throw new ArgumentError("clipGradNorm", `maxNorm ${describeValue(maxNorm)}`, "use a number of 0 or more");
  const clip = (): Tensor => {
    const gradients = gradientsOf("clipGradNorm", parameters);
    if (gradients.length === 0) return full([], 0);
    const dtype = gradients.some((g) => g.dtype === "float64") ? "float64" : "float32";
    const total = norm(stack(gradients.map((g) => cast(norm(g, undefined, { p }), dtype))), undefined, { p });
    if (errorIfNonFinite) requireFinite(total);
    const factor = minimum(total.add(1e-6).reciprocal().mul(maxNorm), 1);
    for (const gradient of gradients) replace(gradient, mul(gradient, cast(factor, gradient.dtype)));
    return total;
  };
  return noGrad(() => scope(clip));
}

function requireFinite(total: Tensor): void {
  if (isTracing(total.backend)) {
    throw new GraphError(
      "clipGradNorm",
      "errorIfNonFinite looks at the norm, which a traced step has not computed yet",
      "leave it out, return the norm that clipGradNorm gives, and look at that after the run",
    );
  }
  const value = total.item();
  if (Number.isFinite(value)) return;
  throw new ArgumentError(
    "clipGradNorm",
    `the total norm of the gradients is ${value}`,
    "lower the rate or look for the first loss that is not finite; or leave out errorIfNonFinite",
  );
}

/**
 * Limits every element of every gradient to [-limit, limit], as torch.nn.utils.clip_grad_value_. NaN stays NaN.
 *
 * @throws ArgumentError if the parameters are no list of tensors, or `limit` is below 0
 */
export function clipGradValue(parameters: Iterable<Tensor>, limit: number): void {
  if (typeof limit !== "number" || !(limit >= 0))
    throw new ArgumentError("clipGradValue", `limit ${describeValue(limit)}`, "use a number of 0 or more");
  const clip = (): void => {
    for (const gradient of gradientsOf("clipGradValue", parameters))
      replace(gradient, clamp(gradient, { low: -limit, high: limit }));
  };
  noGrad(() => scope(clip));
}
