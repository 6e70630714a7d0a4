import { ArgumentError } from "@unrolled/backend";
import { equal, fullLike, type Tensor, type TensorLike, updateInPlace, where } from "@unrolled/core";
import type { Group, OptimizerInput } from "./group.js";
import type { NumberRule } from "./host-numbers.js";
import { type OptimizerKind, zeroOrMore } from "./kind.js";
import { Optimizer } from "./optimizer.js";

/** Options of `SGD`. */
export interface SGDOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr: number;
  /** Default 0. */
  readonly momentum: number;
  /** How much less of the gradient enters the momentum buffer, from the second step on. Default 0. */
  readonly dampening: number;
  /** L2 penalty. Default 0. */
  readonly weightDecay: number;
  /** Look ahead along the momentum (Nesterov). Default false. */
  readonly nesterov: boolean;
  /** Go up instead of down. Default false. */
  readonly maximize: boolean;
}

type SGDNumber = "lr" | "gain";

const momentumBuffer = "momentum_buffer";
const kind: OptimizerKind<SGDOptions> = {
  name: "SGD",
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false },
  ranges: { lr: zeroOrMore, momentum: zeroOrMore, weightDecay: zeroOrMore },
  slots: { [momentumBuffer]: { needed: ({ momentum }) => momentum !== 0 } },
  numbers: {},
  validate({ nesterov, momentum, dampening }) {
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new ArgumentError(
        "SGD",
        "nesterov needs momentum above 0 and no dampening",
        "set momentum, and leave dampening at 0",
      );
    }
  },
};

/**
 * Stochastic gradient descent, as torch.optim.SGD:
 *
 *     b = momentum b + (1 - dampening) g      (b = g in the first step)
 *     w = w - lr b                            (nesterov: w - lr (g + momentum b))
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
 * @example
 * const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 */
export class SGD extends Optimizer<SGDOptions, SGDNumber> {
  constructor(params: OptimizerInput<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(kind, params, options);
  }

  protected override numbers(
    { lr, dampening }: Group<SGDOptions>,
    _step: number,
    parameter: Tensor,
  ): Record<SGDNumber, number> {
    return { lr, gain: dampening === 0 || !this.isUsed(momentumBuffer, parameter) ? 1 : 1 - dampening };
  }

  protected override rules({ dampening }: Group<SGDOptions>, parameter: Tensor): { gain: NumberRule } {
    return {
      gain: (step) => {
        const later = fullLike(step, 1 - dampening);
        if (this.isUsed(momentumBuffer, parameter)) return later;
        return where(equal(step, this.number("step", parameter) + 1), fullLike(step, 1), later);
      },
    };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: Group<SGDOptions>,
    numbers: Readonly<Record<SGDNumber, TensorLike>>,
  ): void {
    const { momentum, dampening, nesterov, weightDecay, maximize } = group;
    const buffer = momentum === 0 ? null : this.slotOrNew(momentumBuffer, parameter, group);
    const gain = dampening === 0 || buffer === null ? null : numbers.gain;
    const inputs = [parameter, gradient, buffer, numbers.lr, gain] as const;
    updateInPlace("sgdStep", inputs, { momentum, nesterov, weightDecay, maximize });
    if (buffer) this.markUsed(momentumBuffer, parameter);
  }
}
