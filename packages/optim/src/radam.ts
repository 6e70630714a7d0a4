import { add, div, greater, mul, pow, sqrt, sub, type Tensor, type TensorLike, where } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import type { NumberRule } from "./host-numbers.js";
import { type OptimizerKind, zeroOrMore, zeroToBelowOne } from "./kind.js";
import { Optimizer } from "./optimizer.js";
import { average, averageSquare, descent, shrinkage, shrunk } from "./terms.js";

/** Options of `RAdam`. */
export interface RAdamOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr: number;
  /** Decay of the averages of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Keeps the division away from 0. Default 1e-8. */
  readonly eps: number;
  /** L2 penalty, or with decoupledWeightDecay shrinking of the weights. Default 0. */
  readonly weightDecay: number;
  /** Shrink the weights apart from the gradient, as AdamW. Default false. */
  readonly decoupledWeightDecay: boolean;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

type RAdamNumber = "shrink" | "meanStep" | "adaptiveStep";

const kind: OptimizerKind<RAdamOptions> = {
  name: "RAdam",
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    decoupledWeightDecay: false,
    maximize: false,
  },
  ranges: { lr: zeroOrMore, betas: zeroToBelowOne, eps: zeroOrMore, weightDecay: zeroOrMore },
  slots: { exp_avg: {}, exp_avg_sq: {} },
};

/** How far the adaptive rate can be trusted at step t, from 0 to 1; null while its variance has no bound. */
function rectification(beta2: number, step: number): number | null {
  const limit = 2 / (1 - beta2) - 1;
  const length = limit - (2 * step * beta2 ** step) / (1 - beta2 ** step);
  if (!(length > 5)) return null;
  return Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
}

/** `rectification` in tensor ops. */
function rectify(beta2: number, step: Tensor): { isTrusted: Tensor; factor: Tensor } {
  const limit = 2 / (1 - beta2) - 1;
  const power = pow(beta2, step);
  const length = sub(limit, div(mul(mul(step, 2), power), sub(1, power)));
  const scale = limit / ((limit - 4) * (limit - 2));
  const factor = sqrt(mul(div(mul(sub(length, 4), sub(length, 2)), length), scale));
  return { isTrusted: greater(length, 5), factor };
}

/**
 * Rectified Adam (Liu et al., 2020, arXiv:1908.03265), as torch.optim.RAdam:
 *
 *     m, v as in Adam
 *     w = w - lr m / (1 - beta1^t)                                            while rho_t <= 5
 *     w = w - lr r_t m / (1 - beta1^t) sqrt(1 - beta2^t) / (sqrt(v) + eps)    then
 *     rho_t = rho - 2 t beta2^t / (1 - beta2^t),  rho = 2 / (1 - beta2) - 1
 *     r_t = sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t))
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html
 * @example
 * const optimizer = new RAdam(model.parameters());
 */
export class RAdam extends Optimizer<RAdamOptions, RAdamNumber> {
  constructor(params: OptimizerInput<RAdamOptions>, options: Partial<RAdamOptions> = {}) {
    super(kind, params, options);
  }

  /** One of the two steps is 0. */
  protected override numbers(group: Group<RAdamOptions>, step: number): Record<RAdamNumber, number> {
    const { lr, betas } = group;
    const rate = lr / (1 - betas[0] ** step);
    const rectified = rectification(betas[1], step);
    return {
      shrink: shrinkage(group),
      meanStep: rectified === null ? rate : 0,
      adaptiveStep: rectified === null ? 0 : rate * rectified * Math.sqrt(1 - betas[1] ** step),
    };
  }

  protected override rules({ betas, weightDecay }: Group<RAdamOptions>): Record<RAdamNumber, NumberRule> {
    const [beta1, beta2] = betas;
    const rate: NumberRule = (step, lr) => div(lr, sub(1, pow(beta1, step)));
    return {
      shrink: (_, lr) => sub(1, mul(lr, weightDecay)),
      meanStep: (step, lr) => where(rectify(beta2, step).isTrusted, 0, rate(step, lr)),
      adaptiveStep: (step, lr) => {
        const { isTrusted, factor } = rectify(beta2, step);
        return where(isTrusted, mul(mul(rate(step, lr), factor), sqrt(sub(1, pow(beta2, step)))), 0);
      },
    };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<RAdamOptions>,
    numbers: Readonly<Record<RAdamNumber, TensorLike>>,
  ): void {
    const { betas, eps } = group;
    const [beta1, beta2] = betas;
    const g = descent(parameter, gradient, group);
    const mean = average(this.slot("exp_avg", parameter) as Tensor, g, beta1);
    const square = averageSquare(this.slot("exp_avg_sq", parameter) as Tensor, g, beta2);
    const { meanStep, adaptiveStep } = numbers;
    const plain = (): Tensor => mul(mean, meanStep);
    const adaptive = (): Tensor => div(mul(mean, adaptiveStep), add(sqrt(square), eps));
    const isChosen = typeof meanStep === "number";
    const change = !isChosen ? add(plain(), adaptive()) : adaptiveStep === 0 ? plain() : adaptive();
    parameter.assign_(sub(shrunk(parameter, numbers, group), change));
    this.store("exp_avg", parameter, mean);
    this.store("exp_avg_sq", parameter, square);
  }
}
