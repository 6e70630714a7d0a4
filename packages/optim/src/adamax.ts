import { abs, add, div, maximum, mul, pow, sub, type Tensor, type TensorLike } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import type { NumberRule } from "./host-numbers.js";
import { type OptimizerKind, zeroOrMore, zeroToBelowOne } from "./kind.js";
import { Optimizer } from "./optimizer.js";
import { average, descent } from "./terms.js";

/** Options of `Adamax`. */
export interface AdamaxOptions {
  /** Learning rate. Default 2e-3. */
  readonly lr: number;
  /** Decay of the average of the gradient and of its largest size. Default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Keeps the division away from 0. Default 1e-8. */
  readonly eps: number;
  /** L2 penalty. Default 0. */
  readonly weightDecay: number;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

const kind: OptimizerKind<AdamaxOptions> = {
  name: "Adamax",
  defaults: { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false },
  ranges: { lr: zeroOrMore, betas: zeroToBelowOne, eps: zeroOrMore, weightDecay: zeroOrMore },
  slots: { exp_avg: {}, exp_inf: {} },
};

/**
 * Adamax (Kingma and Ba, 2015, arXiv:1412.6980, section 7), as torch.optim.Adamax:
 *
 *     m = beta1 m + (1 - beta1) g
 *     u = max(beta2 u, |g| + eps)
 *     w = w - lr / (1 - beta1^t) m / u
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html
 * @example
 * const optimizer = new Adamax(model.parameters());
 */
export class Adamax extends Optimizer<AdamaxOptions, "stepSize"> {
  constructor(params: OptimizerInput<AdamaxOptions>, options: Partial<AdamaxOptions> = {}) {
    super(kind, params, options);
  }

  protected override numbers({ lr, betas }: Group<AdamaxOptions>, step: number): { stepSize: number } {
    return { stepSize: lr / (1 - betas[0] ** step) };
  }

  protected override rules({ betas }: Group<AdamaxOptions>): { stepSize: NumberRule } {
    return { stepSize: (step, lr) => div(lr, sub(1, pow(betas[0], step))) };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<AdamaxOptions>,
    { stepSize }: { readonly stepSize: TensorLike },
  ): void {
    const { betas, eps } = group;
    const [beta1, beta2] = betas;
    const g = descent(parameter, gradient, group);
    const mean = average(this.slot("exp_avg", parameter) as Tensor, g, beta1);
    const largest = maximum(mul(this.slot("exp_inf", parameter) as Tensor, beta2), add(abs(g), eps));
    parameter.assign_(sub(parameter, mul(div(mean, largest), stepSize)));
    this.store("exp_avg", parameter, mean);
    this.store("exp_inf", parameter, largest);
  }
}
