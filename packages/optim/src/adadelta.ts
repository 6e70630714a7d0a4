import { add, div, mul, sqrt, sub, type Tensor, type TensorLike } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import { type OptimizerKind, zeroOrMore, zeroToOne } from "./kind.js";
import { Optimizer } from "./optimizer.js";
import { averageSquare, descent } from "./terms.js";

/** Options of `Adadelta`. */
export interface AdadeltaOptions {
  /** Scales the step. Default 1. */
  readonly lr: number;
  /** Decay of the averages of squares. Default 0.9. */
  readonly rho: number;
  /** Keeps the division away from 0, and the first steps above 0. Default 1e-6. */
  readonly eps: number;
  /** L2 penalty. Default 0. */
  readonly weightDecay: number;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

const kind: OptimizerKind<AdadeltaOptions> = {
  name: "Adadelta",
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false },
  ranges: { lr: zeroOrMore, rho: zeroToOne, eps: zeroOrMore, weightDecay: zeroOrMore },
  slots: { square_avg: {}, acc_delta: {} },
};

/**
 * Adadelta (Zeiler, 2012, arXiv:1212.5701), as torch.optim.Adadelta:
 *
 *     v = rho v + (1 - rho) g^2
 *     d = g sqrt(u + eps) / sqrt(v + eps)
 *     u = rho u + (1 - rho) d^2
 *     w = w - lr d
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
 * @example
 * const optimizer = new Adadelta(model.parameters(), { rho: 0.95 });
 */
export class Adadelta extends Optimizer<AdadeltaOptions, "lr"> {
  constructor(params: OptimizerInput<AdadeltaOptions>, options: Partial<AdadeltaOptions> = {}) {
    super(kind, params, options);
  }

  protected override numbers({ lr }: Group<AdadeltaOptions>): { lr: number } {
    return { lr };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<AdadeltaOptions>,
    { lr }: { readonly lr: TensorLike },
  ): void {
    const { rho, eps } = group;
    const accumulated = this.slot("acc_delta", parameter) as Tensor;
    const g = descent(parameter, gradient, group);
    const square = averageSquare(this.slot("square_avg", parameter) as Tensor, g, rho);
    const delta = mul(div(sqrt(add(accumulated, eps)), sqrt(add(square, eps))), g);
    parameter.assign_(sub(parameter, mul(delta, lr)));
    this.store("square_avg", parameter, square);
    this.store("acc_delta", parameter, averageSquare(accumulated, delta, rho));
  }
}
