import { ArgumentError } from "@unrolled/backend";
import { applyUpdate, type Tensor } from "@unrolled/core";
import { type Group, Optimizer, type OptimizerInput, requireRange } from "./optimizer.js";

export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr: number;
  /** Decay of the averages of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Keeps the division away from 0. Default 1e-8. */
  readonly eps: number;
  /** L2 penalty (Adam), or shrinking of the weights (AdamW). Default 0, AdamW 0.01. */
  readonly weightDecay: number;
  /** Divide by the largest average so far (Reddi et al., 2018). Default false. */
  readonly amsgrad: boolean;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

const defaults: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

/**
 * Adam (Kingma and Ba, 2015), as torch.optim.Adam.
 *
 * @example
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 */
export class Adam extends Optimizer<AdamOptions> {
  protected readonly decoupledWeightDecay: boolean = false;

  constructor(params: OptimizerInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, defaults, options);
    for (const group of this.paramGroups) {
      this.addSlot("exp_avg", group);
      this.addSlot("exp_avg_sq", group);
      if (group.amsgrad) this.addSlot("max_exp_avg_sq", group);
    }
  }

  protected override validate({ lr, betas, eps, weightDecay }: AdamOptions): void {
    const { name } = this.constructor;
    requireRange(name, "lr", lr, 0);
    requireRange(name, "betas[0]", betas[0], 0, 1);
    requireRange(name, "betas[1]", betas[1], 0, 1);
    requireRange(name, "eps", eps, 0);
    requireRange(name, "weightDecay", weightDecay, 0);
  }

  protected override update(parameter: Tensor, gradient: Tensor, group: Group<AdamOptions>, step: number): void {
    this.refuseTracing(parameter, "the bias correction");
    const { lr, betas, eps, weightDecay, maximize } = group;
    const [beta1, beta2] = betas;
    const expAvg = this.slot("exp_avg", parameter) as Tensor;
    const expAvgSq = this.slot("exp_avg_sq", parameter) as Tensor;
    const highest = this.slot("max_exp_avg_sq", parameter);
    if (group.amsgrad && highest === null) {
      throw new ArgumentError(
        this.constructor.name,
        "amsgrad was switched on after the optimiser was made without",
        "make it with amsgrad",
      );
    }
    const inputs = [
      parameter,
      gradient,
      expAvg,
      expAvgSq,
      highest,
      this.scalar(lr, parameter),
      this.scalar(lr / (1 - beta1 ** step), parameter),
      this.scalar(Math.sqrt(1 - beta2 ** step), parameter),
    ] as const;
    const attrs = { beta1, beta2, eps, weightDecay, decoupledWeightDecay: this.decoupledWeightDecay, maximize };
    const [next, m, v, max] = applyUpdate("adamStep", inputs, attrs);
    this.replace(parameter, next);
    this.replace(expAvg, m);
    this.replace(expAvgSq, v);
    if (highest && max) this.replace(highest, max);
  }
}

/**
 * Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019), as torch.optim.AdamW.
 *
 * @example
 * const optimizer = new AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.01 });
 */
export class AdamW extends Adam {
  protected override readonly decoupledWeightDecay: boolean = true;

  constructor(params: OptimizerInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { weightDecay: 0.01, ...options });
  }
}
