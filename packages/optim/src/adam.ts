import { ArgumentError } from "@unrolled/backend";
import { div, pow, sqrt, sub, type Tensor, type TensorLike, updateInPlace } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import type { NumberRule } from "./host-numbers.js";
import { type OptimizerKind, zeroOrMore, zeroToBelowOne } from "./kind.js";
import { Optimizer } from "./optimizer.js";

/** Options of `Adam` and `AdamW`. */
export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr: number;
  /** Decay of the averages of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Keeps the division away from 0. Default 1e-8. */
  readonly eps: number;
  /** L2 penalty (Adam), or shrinking of the weights (AdamW). Default 0, AdamW 0.01. */
  readonly weightDecay: number;
  /** Shrink the weights apart from the gradient. Default false, AdamW true. */
  readonly decoupledWeightDecay: boolean;
  /** Divide by the largest average so far (Reddi et al., 2018). Default false. */
  readonly amsgrad: boolean;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

const adam: OptimizerKind<AdamOptions> = {
  name: "Adam",
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    decoupledWeightDecay: false,
    amsgrad: false,
    maximize: false,
  },
  ranges: { lr: zeroOrMore, betas: zeroToBelowOne, eps: zeroOrMore, weightDecay: zeroOrMore },
  slots: { exp_avg: {}, exp_avg_sq: {}, max_exp_avg_sq: { needed: ({ amsgrad }) => amsgrad } },
};

const adamW: OptimizerKind<AdamOptions> = {
  ...adam,
  name: "AdamW",
  defaults: { ...adam.defaults, weightDecay: 0.01, decoupledWeightDecay: true },
};

type AdamNumber = "lr" | "stepSize" | "secondCorrection";

abstract class AdamFamily extends Optimizer<AdamOptions, AdamNumber> {
  protected override numbers({ lr, betas }: Group<AdamOptions>, step: number): Record<AdamNumber, number> {
    const [beta1, beta2] = betas;
    return { lr, stepSize: lr / (1 - beta1 ** step), secondCorrection: Math.sqrt(1 - beta2 ** step) };
  }

  protected override rules({ betas }: Group<AdamOptions>): Record<"stepSize" | "secondCorrection", NumberRule> {
    const [beta1, beta2] = betas;
    return {
      stepSize: (step, lr) => div(lr, sub(1, pow(beta1, step))),
      secondCorrection: (step) => sqrt(sub(1, pow(beta2, step))),
    };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<AdamOptions>,
    numbers: Readonly<Record<AdamNumber, TensorLike>>,
  ): void {
    const { betas, eps, weightDecay, decoupledWeightDecay, amsgrad, maximize } = group;
    const beta1 = betas[0];
    const beta2 = betas[1];
    const highest = amsgrad ? this.slot("max_exp_avg_sq", parameter) : null;
    if (amsgrad && highest === null) {
      throw new ArgumentError(
        this.name,
        "amsgrad was switched on after the optimiser was made without",
        "make it with amsgrad",
      );
    }
    const inputs = [
      parameter,
      gradient,
      this.slot("exp_avg", parameter) as Tensor,
      this.slot("exp_avg_sq", parameter) as Tensor,
      highest,
      numbers.lr,
      numbers.stepSize,
      numbers.secondCorrection,
    ] as const;
    updateInPlace("adamStep", inputs, { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize });
    this.markUsed("exp_avg", parameter);
    this.markUsed("exp_avg_sq", parameter);
    if (highest) this.markUsed("max_exp_avg_sq", parameter);
  }
}

/**
 * Adam (Kingma and Ba, 2015, arXiv:1412.6980), as torch.optim.Adam:
 *
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     w = w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html
 * @example
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 */
export class Adam extends AdamFamily {
  constructor(params: OptimizerInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(adam, params, options);
  }
}

/**
 * Adam with weight decay apart from the gradient, w = w (1 - lr weightDecay) first (Loshchilov and Hutter, 2019,
 * arXiv:1711.05101), as torch.optim.AdamW.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 * @example
 * const optimizer = new AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.01 });
 */
export class AdamW extends AdamFamily {
  constructor(params: OptimizerInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(adamW, params, options);
  }
}
