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

/** Options that loss modules share. */
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

/**
 * `mseLoss` as a module, as torch.nn.MSELoss.
 *
 * @example
 * new MSELoss({ reduction: "sum" }).forward(zeros([2]), full([2], 3)).item(); // 18
 */
export class MSELoss extends Loss {
  constructor(options: LossModuleOptions = {}) {
    super("MSELoss", options);
  }

  override forward(prediction: Tensor, target: Tensor, { mask }: LossCall = {}): Tensor {
    return mseLoss(prediction, target, { reduction: this.reduction, mask });
  }
}

/**
 * `l1Loss` as a module, as torch.nn.L1Loss.
 *
 * @example
 * new L1Loss().forward(zeros([2]), full([2], 3)).item(); // 3
 */
export class L1Loss extends Loss {
  constructor(options: LossModuleOptions = {}) {
    super("L1Loss", options);
  }

  override forward(prediction: Tensor, target: Tensor, { mask }: LossCall = {}): Tensor {
    return l1Loss(prediction, target, { reduction: this.reduction, mask });
  }
}

/**
 * `huberLoss` as a module, as torch.nn.HuberLoss.
 *
 * @example
 * new HuberLoss({ delta: 1 }).forward(zeros([2]), full([2], 3)).item(); // 2.5
 */
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

/**
 * `smoothL1Loss` as a module, as torch.nn.SmoothL1Loss.
 *
 * @example
 * new SmoothL1Loss({ beta: 2 }).forward(zeros([2]), full([2], 4)).item(); // 3
 */
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

/**
 * `bceWithLogits` as a module, as torch.nn.BCEWithLogitsLoss. The weights are buffers: they move with the module.
 *
 * @example
 * new BCEWithLogitsLoss().forward(zeros([3]), ones([3])).item(); // log(2)
 */
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

/** Options that `CrossEntropyLoss` and `NLLLoss` share. */
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

/**
 * `nllLoss` as a module, as torch.nn.NLLLoss.
 *
 * @example
 * const classes = tensor([1, 0], { dtype: "int32" });
 * new NLLLoss().forward(zeros([2, 3]).logSoftmax(), classes).item(); // log(3)
 */
export class NLLLoss extends ClassLoss {
  constructor(options: ClassLossOptions = {}) {
    super("NLLLoss", options);
  }

  override forward(input: Tensor, target: Tensor, call: LossCall = {}): Tensor {
    return nllLoss(input, target, this.settings(call));
  }
}

/**
 * `crossEntropy` as a module, as torch.nn.CrossEntropyLoss.
 *
 * @example
 * const classes = tensor([1, 0], { dtype: "int32" });
 * new CrossEntropyLoss({ labelSmoothing: 0.1 }).forward(zeros([2, 3]), classes).item(); // log(3)
 */
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

/**
 * `gaussianNllLoss` as a module, as torch.nn.GaussianNLLLoss.
 *
 * @example
 * new GaussianNLLLoss().forward(zeros([4]), ones([4]), ones([4])).item(); // 0.5
 */
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

/**
 * `quantileLoss` as a module.
 *
 * @example
 * new QuantileLoss(0.9).forward(zeros([2]), ones([2])).item(); // 0.9
 */
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
