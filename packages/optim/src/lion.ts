import { add, mul, sign, sub, type Tensor, type TensorLike } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import type { NumberRule } from "./host-numbers.js";
import { type OptimizerKind, zeroOrMore, zeroToBelowOne } from "./kind.js";
import { Optimizer } from "./optimizer.js";
import { average, descent, shrinkage, shrunk } from "./terms.js";

/** Options of `Lion`. */
export interface LionOptions {
  /** Learning rate: how far each element moves in a step. Default 1e-4. */
  readonly lr: number;
  /** How much of the average enters the sign, and the decay of the average. Default [0.9, 0.99]. */
  readonly betas: readonly [number, number];
  /** Shrinking of the weights, apart from the gradient. Default 0. */
  readonly weightDecay: number;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

type LionNumber = "lr" | "shrink";

const kind: OptimizerKind<LionOptions> = {
  name: "Lion",
  defaults: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false },
  ranges: { lr: zeroOrMore, betas: zeroToBelowOne, weightDecay: zeroOrMore },
  slots: { exp_avg: {} },
  numbers: {},
};

/**
 * Lion (Chen et al., 2023, arXiv:2302.06675, algorithm 2); not in PyTorch. It wants a rate about ten times smaller than Adam's,
 * and a weight decay as much larger.
 *
 *     w = w - lr (sign(beta1 m + (1 - beta1) g) + weightDecay w)
 *     m = beta2 m + (1 - beta2) g
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @example
 * const optimizer = new Lion(model.parameters(), { lr: 1e-4, weightDecay: 0.1 });
 */
export class Lion extends Optimizer<LionOptions, LionNumber> {
  constructor(params: OptimizerInput<LionOptions>, options: Partial<LionOptions> = {}) {
    super(kind, params, options);
  }

  protected override numbers(group: Group<LionOptions>): Record<LionNumber, number> {
    return { lr: group.lr, shrink: shrinkage(group) };
  }

  protected override rules({ weightDecay }: Group<LionOptions>): { shrink: NumberRule } {
    return { shrink: (_, lr) => sub(1, mul(lr, weightDecay)) };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<LionOptions>,
    numbers: Readonly<Record<LionNumber, TensorLike>>,
  ): void {
    const { betas, maximize, weightDecay } = group;
    const [beta1, beta2] = betas;
    const options = { maximize, weightDecay, decoupledWeightDecay: true };
    const g = descent(parameter, gradient, options);
    const before = this.slot("exp_avg", parameter) as Tensor;
    const direction = sign(add(mul(before, beta1), mul(g, 1 - beta1)));
    parameter.assign_(sub(shrunk(parameter, numbers, options), mul(direction, numbers.lr)));
    this.store("exp_avg", parameter, average(before, g, beta2));
  }
}
