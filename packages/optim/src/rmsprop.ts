import { add, div, maximum, mul, sqrt, sub, type Tensor, type TensorLike } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import { type OptimizerKind, zeroOrMore } from "./kind.js";
import { Optimizer } from "./optimizer.js";
import { average, averageSquare, descent } from "./terms.js";

/** Options of `RMSprop`. */
export interface RMSpropOptions {
  /** Learning rate. Default 0.01. */
  readonly lr: number;
  /** Decay of the average of squared gradients. Default 0.99. */
  readonly alpha: number;
  /** Keeps the division away from 0; added outside the root. Default 1e-8. */
  readonly eps: number;
  /** L2 penalty. Default 0. */
  readonly weightDecay: number;
  /** Default 0. */
  readonly momentum: number;
  /** Divide by the deviation of the gradient from its average. Default false. */
  readonly centered: boolean;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

const kind: OptimizerKind<RMSpropOptions> = {
  name: "RMSprop",
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false, maximize: false },
  ranges: { lr: zeroOrMore, alpha: zeroOrMore, eps: zeroOrMore, weightDecay: zeroOrMore, momentum: zeroOrMore },
  slots: {
    square_avg: {},
    momentum_buffer: { needed: ({ momentum }) => momentum > 0 },
    grad_avg: { needed: ({ centered }) => centered },
  },
};

/**
 * RMSprop (Hinton, 2012, lecture 6e; centred: Graves, 2013, arXiv:1308.0850), as torch.optim.RMSprop:
 *
 *     v = alpha v + (1 - alpha) g^2
 *     d = g / (sqrt(v) + eps)                 (centered: v less the square of the average gradient)
 *     w = w - lr d                            (momentum: b = momentum b + d; w = w - lr b)
 *
 * Where rounding takes a centred v below 0, as under gradients that do not change, PyTorch gives NaN; here v is then 0.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 * @example
 * const optimizer = new RMSprop(model.parameters(), { lr: 1e-3, centered: true });
 */
export class RMSprop extends Optimizer<RMSpropOptions, "lr"> {
  constructor(params: OptimizerInput<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super(kind, params, options);
  }

  protected override numbers({ lr }: Group<RMSpropOptions>): { lr: number } {
    return { lr };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<RMSpropOptions>,
    { lr }: { readonly lr: TensorLike },
  ): void {
    const { alpha, eps, momentum, centered } = group;
    const g = descent(parameter, gradient, group);
    const square = averageSquare(this.slot("square_avg", parameter) as Tensor, g, alpha);
    const mean = centered ? average(this.slotOrNew("grad_avg", parameter, group), g, alpha) : null;
    const variance = mean === null ? square : maximum(sub(square, mul(mean, mean)), 0);
    const scaled = div(g, add(sqrt(variance), eps));
    const buffer =
      momentum > 0 ? add(mul(this.slotOrNew("momentum_buffer", parameter, group), momentum), scaled) : null;
    parameter.assign_(sub(parameter, mul(buffer ?? scaled, lr)));
    this.store("square_avg", parameter, square);
    if (mean !== null) this.store("grad_avg", parameter, mean);
    if (buffer !== null) this.store("momentum_buffer", parameter, buffer);
  }
}
