import { add, div, mul, sqrt, sub, type Tensor, type TensorLike } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import { type OptimizerKind, zeroOrMore, zeroToBelowOne } from "./kind.js";
import { Optimizer } from "./optimizer.js";
import { average, averageSquare, descent, shrinkage, shrunk } from "./terms.js";

/** Options of `NAdam`. */
export interface NAdamOptions {
  /** Learning rate. Default 2e-3. */
  readonly lr: number;
  /** Decay of the averages of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Keeps the division away from 0. Default 1e-8. */
  readonly eps: number;
  /** L2 penalty, or with decoupledWeightDecay shrinking of the weights. Default 0. */
  readonly weightDecay: number;
  /** How fast the momentum rises from half of beta1 to beta1. Default 4e-3. */
  readonly momentumDecay: number;
  /** Shrink the weights apart from the gradient, as AdamW. Default false. */
  readonly decoupledWeightDecay: boolean;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

type NAdamNumber = "shrink" | "variance" | "gradientStep" | "meanStep";

const muProduct = "mu_product";
const kind: OptimizerKind<NAdamOptions> = {
  name: "NAdam",
  defaults: {
    lr: 2e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    momentumDecay: 4e-3,
    decoupledWeightDecay: false,
    maximize: false,
  },
  ranges: {
    lr: zeroOrMore,
    betas: zeroToBelowOne,
    eps: zeroOrMore,
    weightDecay: zeroOrMore,
    momentumDecay: zeroOrMore,
  },
  slots: { exp_avg: {}, exp_avg_sq: {} },
  numbers: { step: 0, [muProduct]: 1 },
};

/** The momentum of step t. */
function momentumOf({ betas, momentumDecay }: Group<NAdamOptions>, t: number): number {
  return betas[0] * (1 - 0.5 * 0.96 ** (t * momentumDecay));
}

/**
 * Adam with Nesterov momentum (Dozat, 2016), as torch.optim.NAdam:
 *
 *     mu_t = beta1 (1 - 0.96^(t momentumDecay) / 2)
 *     m, v as in Adam
 *     n = mu_(t+1) m / (1 - mu_1 ... mu_(t+1)) + (1 - mu_t) g / (1 - mu_1 ... mu_t)
 *     w = w - lr n / (sqrt(v / (1 - beta2^t)) + eps)
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html
 * @example
 * const optimizer = new NAdam(model.parameters());
 */
export class NAdam extends Optimizer<NAdamOptions, NAdamNumber> {
  constructor(params: OptimizerInput<NAdamOptions>, options: Partial<NAdamOptions> = {}) {
    super(kind, params, options);
  }

  /** In a file that trains without this library the product of momenta has no place, so that there are no rules. */
  protected override numbers(group: Group<NAdamOptions>, step: number, parameter: Tensor): Record<NAdamNumber, number> {
    const { lr, betas } = group;
    const [now, next] = [momentumOf(group, step), momentumOf(group, step + 1)];
    const product = this.number(muProduct, parameter) * now;
    return {
      shrink: shrinkage(group),
      variance: 1 - betas[1] ** step,
      gradientStep: (lr * (1 - now)) / (1 - product),
      meanStep: (lr * next) / (1 - product * next),
    };
  }

  protected override advance(parameter: Tensor, group: Group<NAdamOptions>, step: number): void {
    this.setNumber(muProduct, parameter, this.number(muProduct, parameter) * momentumOf(group, step));
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<NAdamOptions>,
    numbers: Readonly<Record<NAdamNumber, TensorLike>>,
  ): void {
    const { betas, eps } = group;
    const [beta1, beta2] = betas;
    const g = descent(parameter, gradient, group);
    const mean = average(this.slot("exp_avg", parameter) as Tensor, g, beta1);
    const square = averageSquare(this.slot("exp_avg_sq", parameter) as Tensor, g, beta2);
    const denominator = add(sqrt(div(square, numbers.variance)), eps);
    const ahead = add(mul(g, numbers.gradientStep), mul(mean, numbers.meanStep));
    parameter.assign_(sub(shrunk(parameter, numbers, group), div(ahead, denominator)));
    this.store("exp_avg", parameter, mean);
    this.store("exp_avg_sq", parameter, square);
  }
}
