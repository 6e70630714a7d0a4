import { requireKnownOptions } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import { Module } from "../module.js";
import { Buffer } from "../parameter.js";
import { bceWithLogits } from "./bce-with-logits.js";
import { checkSmoothing, crossEntropy } from "./cross-entropy.js";
import { checkEps, gaussianNllLoss } from "./gaussian-nll.js";
import { nllLoss } from "./nll.js";
import { checkReduction, type Reduction } from "./options.js";
import { checkQuantiles, quantileLoss } from "./quantile.js";
import { checkBeta, checkDelta, huberLoss, l1Loss, mseLoss, smoothL1Loss } from "./regression.js";

export interface LossModuleOptions {
  /** Average over all elements that count (default), add them up, or leave them apart. */
  readonly reduction?: Reduction;
}

/** What differs from call to call. */
export interface LossCall {
  /** Which elements count; see `LossOptions.mask`. */
  readonly mask?: Tensor | undefined;
}

abstract class Loss extends Module {
  readonly reduction: Reduction;

  constructor(op: string, options: LossModuleOptions, more: readonly string[] = []) {
    super();
    requireKnownOptions(op, options, ["reduction", ...more]);
    this.reduction = checkReduction(op, options.reduction);
  }
}

/** `mseLoss` as a module, as torch.nn.MSELoss. */
export class MSELoss extends Loss {
  constructor(options: LossModuleOptions = {}) {
    super("MSELoss", options);
  }

  override forward(prediction: Tensor, target: Tensor, { mask }: LossCall = {}): Tensor {
    return mseLoss(prediction, target, { reduction: this.reduction, mask });
  }
}

/** `l1Loss` as a module, as torch.nn.L1Loss. */
export class L1Loss extends Loss {
  constructor(options: LossModuleOptions = {}) {
    super("L1Loss", options);
  }

  override forward(prediction: Tensor, target: Tensor, { mask }: LossCall = {}): Tensor {
    return l1Loss(prediction, target, { reduction: this.reduction, mask });
  }
}

/** `huberLoss` as a module, as torch.nn.HuberLoss. */
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor(options: LossModuleOptions & { readonly delta?: number } = {}) {
    super("HuberLoss", options, ["delta"]);
    this.delta = checkDelta("HuberLoss", options.delta);
  }

  override forward(prediction: Tensor, target: Tensor, { mask }: LossCall = {}): Tensor {
    return huberLoss(prediction, target, { reduction: this.reduction, delta: this.delta, mask });
  }
}

/** `smoothL1Loss` as a module, as torch.nn.SmoothL1Loss. */
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor(options: LossModuleOptions & { readonly beta?: number } = {}) {
    super("SmoothL1Loss", options, ["beta"]);
    this.beta = checkBeta("SmoothL1Loss", options.beta);
  }

  override forward(prediction: Tensor, target: Tensor, { mask }: LossCall = {}): Tensor {
    return smoothL1Loss(prediction, target, { reduction: this.reduction, beta: this.beta, mask });
  }
}

function bufferOf(weight: Tensor | undefined): Buffer | null {
  return weight ? new Buffer(weight) : null;
}

/** `bceWithLogits` as a module, as torch.nn.BCEWithLogitsLoss. The weights are buffers: they move with the module. */
export class BCEWithLogitsLoss extends Loss {
  readonly weight: Buffer | null;
  readonly pos_weight: Buffer | null;

  constructor(options: LossModuleOptions & { readonly weight?: Tensor; readonly posWeight?: Tensor } = {}) {
    super("BCEWithLogitsLoss", options, ["weight", "posWeight"]);
    this.weight = bufferOf(options.weight);
    this.pos_weight = bufferOf(options.posWeight);
  }

  override forward(logits: Tensor, target: Tensor, { mask }: LossCall = {}): Tensor {
    return bceWithLogits(logits, target, {
      reduction: this.reduction,
      mask,
      ...(this.weight && { weight: this.weight }),
      ...(this.pos_weight && { posWeight: this.pos_weight }),
    });
  }
}

export interface ClassLossOptions extends LossModuleOptions {
  /** Times the loss of each class [C]. A buffer: it moves with the module. */
  readonly weight?: Tensor;
  /** Targets of this class do not count. Default -100. */
  readonly ignoreIndex?: number;
}

abstract class ClassLoss extends Loss {
  readonly weight: Buffer | null;
  readonly ignoreIndex: number | undefined;

  constructor(op: string, options: ClassLossOptions, more: readonly string[] = []) {
    super(op, options, ["weight", "ignoreIndex", ...more]);
    this.weight = bufferOf(options.weight);
    this.ignoreIndex = options.ignoreIndex;
  }

  protected settings({ mask }: LossCall): {
    reduction: Reduction;
    mask: Tensor | undefined;
    weight?: Tensor;
    ignoreIndex?: number;
  } {
    return {
      reduction: this.reduction,
      mask,
      ...(this.weight && { weight: this.weight }),
      ...(this.ignoreIndex !== undefined && { ignoreIndex: this.ignoreIndex }),
    };
  }
}

/** `nllLoss` as a module, as torch.nn.NLLLoss. */
export class NLLLoss extends ClassLoss {
  constructor(options: ClassLossOptions = {}) {
    super("NLLLoss", options);
  }

  override forward(input: Tensor, target: Tensor, call: LossCall = {}): Tensor {
    return nllLoss(input, target, this.settings(call));
  }
}

/** `crossEntropy` as a module, as torch.nn.CrossEntropyLoss. */
export class CrossEntropyLoss extends ClassLoss {
  readonly labelSmoothing: number;

  constructor(options: ClassLossOptions & { readonly labelSmoothing?: number } = {}) {
    super("CrossEntropyLoss", options, ["labelSmoothing"]);
    this.labelSmoothing = checkSmoothing("CrossEntropyLoss", options.labelSmoothing);
  }

  override forward(logits: Tensor, target: Tensor, call: LossCall = {}): Tensor {
    return crossEntropy(logits, target, { ...this.settings(call), labelSmoothing: this.labelSmoothing });
  }
}

/** `gaussianNllLoss` as a module, as torch.nn.GaussianNLLLoss. */
export class GaussianNLLLoss extends Loss {
  readonly full: boolean;
  readonly eps: number;

  constructor(options: LossModuleOptions & { readonly full?: boolean; readonly eps?: number } = {}) {
    super("GaussianNLLLoss", options, ["full", "eps"]);
    this.full = options.full ?? false;
    this.eps = checkEps("GaussianNLLLoss", options.eps);
  }

  override forward(mean: Tensor, target: Tensor, variance: Tensor, { mask }: LossCall = {}): Tensor {
    return gaussianNllLoss(mean, target, variance, {
      reduction: this.reduction,
      full: this.full,
      eps: this.eps,
      mask,
    });
  }
}

/** `quantileLoss` as a module. */
export class QuantileLoss extends Loss {
  readonly quantiles: number | readonly number[];

  constructor(quantiles: number | readonly number[], options: LossModuleOptions = {}) {
    super("QuantileLoss", options);
    this.quantiles = checkQuantiles("QuantileLoss", quantiles);
  }

  override forward(prediction: Tensor, target: Tensor, { mask }: LossCall = {}): Tensor {
    return quantileLoss(prediction, target, this.quantiles, { reduction: this.reduction, mask });
  }
}
