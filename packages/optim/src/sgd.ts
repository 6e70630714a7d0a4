import { ArgumentError } from "@unrolled/backend";
import { applyUpdate, type Tensor } from "@unrolled/core";
import { type Group, Optimizer, type OptimizerInput, requireRange } from "./optimizer.js";

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

const defaults: SGDOptions = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false };
const momentumBuffer = "momentum_buffer";

/**
 * Stochastic gradient descent, as torch.optim.SGD.
 *
 * @example
 * const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: OptimizerInput<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, defaults, options);
    for (const group of this.paramGroups) if (group.momentum !== 0) this.addSlot(momentumBuffer, group);
  }

  protected override validate({ lr, momentum, dampening, weightDecay, nesterov }: SGDOptions): void {
    requireRange("SGD", "lr", lr, 0);
    requireRange("SGD", "momentum", momentum, 0);
    requireRange("SGD", "weightDecay", weightDecay, 0);
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new ArgumentError(
        "SGD",
        "nesterov needs momentum above 0 and no dampening",
        "set momentum, and leave dampening at 0",
      );
    }
  }

  protected override update(parameter: Tensor, gradient: Tensor, group: Group<SGDOptions>, step: number): void {
    const { lr, momentum, dampening, nesterov, weightDecay, maximize } = group;
    const buffer = this.slot(momentumBuffer, parameter);
    if (momentum !== 0 && buffer === null) {
      throw new ArgumentError(
        "SGD",
        `momentum became ${momentum} after the optimiser was made without`,
        "make it with momentum, which may change later",
      );
    }
    if (dampening !== 0) this.refuseTracing(parameter, "dampening");
    const gain = dampening === 0 || buffer === null ? null : this.scalar(step === 1 ? 1 : 1 - dampening, parameter);
    const inputs = [parameter, gradient, buffer, this.scalar(lr, parameter), gain] as const;
    const [next, nextBuffer] = applyUpdate("sgdStep", inputs, { momentum, nesterov, weightDecay, maximize });
    this.replace(parameter, next);
    if (buffer && nextBuffer) this.replace(buffer, nextBuffer);
  }
}
