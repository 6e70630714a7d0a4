import { add, div, mul, sqrt, sub, type Tensor, type TensorLike } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import type { NumberRule } from "./host-numbers.js";
import { type OptimizerKind, zeroOrMore } from "./kind.js";
import { Optimizer } from "./optimizer.js";
import { descent } from "./terms.js";

/** Options of `Adagrad`. */
export interface AdagradOptions {
  /** Learning rate. Default 0.01. */
  readonly lr: number;
  /** The rate in step t is lr / (1 + (t - 1) lrDecay). Default 0. */
  readonly lrDecay: number;
  /** L2 penalty. Default 0. */
  readonly weightDecay: number;
  /** What the sums of squares start from. Default 0. */
  readonly initialAccumulatorValue: number;
  /** Keeps the division away from 0. Default 1e-10. */
  readonly eps: number;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

type AdagradNumber = "lr" | "rate";

const kind: OptimizerKind<AdagradOptions> = {
  name: "Adagrad",
  defaults: { lr: 0.01, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false },
  ranges: {
    lr: zeroOrMore,
    lrDecay: zeroOrMore,
    weightDecay: zeroOrMore,
    initialAccumulatorValue: zeroOrMore,
    eps: zeroOrMore,
  },
  slots: { sum: { start: ({ initialAccumulatorValue }) => initialAccumulatorValue } },
};

/**
 * Adagrad (Duchi, Hazan and Singer, 2011), as torch.optim.Adagrad:
 *
 *     s = s + g^2
 *     w = w - lr / (1 + (t - 1) lrDecay) g / (sqrt(s) + eps)
 *
 * A group's own initialAccumulatorValue counts for that group; PyTorch takes the optimiser's.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 * @example
 * const optimizer = new Adagrad(model.parameters(), { lr: 0.1 });
 */
export class Adagrad extends Optimizer<AdagradOptions, AdagradNumber> {
  constructor(params: OptimizerInput<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super(kind, params, options);
  }

  protected override numbers({ lr, lrDecay }: Group<AdagradOptions>, step: number): Record<AdagradNumber, number> {
    return { lr, rate: lr / (1 + (step - 1) * lrDecay) };
  }

  protected override rules({ lrDecay }: Group<AdagradOptions>): { rate: NumberRule } {
    return { rate: (step, lr) => div(lr, add(mul(sub(step, 1), lrDecay), 1)) };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<AdagradOptions>,
    numbers: Readonly<Record<AdagradNumber, TensorLike>>,
  ): void {
    const { lrDecay, eps } = group;
    const g = descent(parameter, gradient, group);
    const sum = add(this.slot("sum", parameter) as Tensor, mul(g, g));
    const rate = lrDecay === 0 ? numbers.lr : numbers.rate;
    parameter.assign_(sub(parameter, mul(div(g, add(sqrt(sum), eps)), rate)));
    this.store("sum", parameter, sum);
  }
}
