import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import {
  describeValue,
  elu,
  flatten,
  gelu,
  leakyRelu,
  logSoftmax,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  type Tensor,
  tanh,
} from "@unrolled/core";
import { Module } from "../module.js";

/** Hyperbolic tangent, as torch.nn.Tanh. */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** 1 / (1 + e^-x), as torch.nn.Sigmoid. */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** max(x, 0), as torch.nn.ReLU. */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * x above 0, negativeSlope x below, as torch.nn.LeakyReLU. Default slope 0.01.
 *
 * @example
 * new LeakyReLU(0.5).forward(tensor([2, -2])).toArray(); // [2, -1]
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = finite("LeakyReLU", "negativeSlope", negativeSlope);
  }

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}

/**
 * x above 0, alpha (e^x - 1) below, as torch.nn.ELU. Default alpha 1.
 *
 * @example
 * new ELU(0.5).forward(tensor([2, 0])).toArray(); // [2, 0]
 */
export class ELU extends Module {
  readonly alpha: number;

  constructor(alpha = 1) {
    super();
    this.alpha = finite("ELU", "alpha", alpha);
  }

  override forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

/** Options of `GELU`. */
export interface GELUOptions {
  /** The normal distribution function itself ("none", default), or its approximation by tanh. */
  readonly approximate?: "none" | "tanh";
}

/**
 * x times the normal distribution function, as torch.nn.GELU.
 *
 * @throws ArgumentError for another approximation
 * @example
 * new GELU({ approximate: "tanh" }).forward(tensor([0])).toArray(); // [0]
 */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";

  constructor(options: GELUOptions = {}) {
    super();
    requireKnownOptions("GELU", options, ["approximate"]);
    const { approximate = "none" } = options;
    if (approximate !== "none" && approximate !== "tanh")
      throw new ArgumentError("GELU", `approximate ${describeValue(approximate)}`, 'use "none" or "tanh"');
    this.approximate = approximate;
  }

  override forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }
}

/** x sigmoid(x), also called swish, as torch.nn.SiLU. */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** Options of `Softplus`. */
export interface SoftplusOptions {
  /** How sharp the bend is. Default 1. */
  readonly beta?: number;
  /** Linear where beta x is above. Default 20. */
  readonly threshold?: number;
}

/**
 * log(1 + e^(beta x)) / beta, as torch.nn.Softplus.
 *
 * @throws ArgumentError unless beta is positive
 * @example
 * new Softplus({ beta: 2 }).forward(zeros([1])).item(); // log(2) / 2
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(options: SoftplusOptions = {}) {
    super();
    requireKnownOptions("Softplus", options, ["beta", "threshold"]);
    const { beta = 1, threshold = 20 } = options;
    if (!(beta > 0)) throw new ArgumentError("Softplus", `beta ${describeValue(beta)}`, "use a positive number");
    this.beta = finite("Softplus", "beta", beta);
    this.threshold = finite("Softplus", "threshold", threshold);
  }

  override forward(x: Tensor): Tensor {
    return softplus(x, { beta: this.beta, threshold: this.threshold });
  }
}

/**
 * e^x scaled to sum to 1 along an axis (default: the last), as torch.nn.Softmax.
 *
 * @example
 * new Softmax().forward(zeros([4])).toArray(); // [0.25, 0.25, 0.25, 0.25]
 */
export class Softmax extends Module {
  readonly axis: number;

  constructor(axis = -1) {
    super();
    this.axis = whole("Softmax", "axis", axis);
  }

  override forward(x: Tensor): Tensor {
    return softmax(x, this.axis);
  }
}

/**
 * log(softmax(x)) without loss of digits, along an axis (default: the last), as torch.nn.LogSoftmax.
 *
 * @example
 * new LogSoftmax().forward(zeros([2, 3])).exp().sum(-1); // [2], ones
 */
export class LogSoftmax extends Module {
  readonly axis: number;

  constructor(axis = -1) {
    super();
    this.axis = whole("LogSoftmax", "axis", axis);
  }

  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this.axis);
  }
}

/** Gives back what it gets, as torch.nn.Identity: a place for a layer that is not there. */
export class Identity extends Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}

/**
 * Joins dimensions `start` to `end` (inclusive) into one, as torch.nn.Flatten: by default all but the first.
 *
 * @example
 * new Flatten().forward(zeros([2, 3, 4])).shape; // [2, 12]
 */
export class Flatten extends Module {
  readonly start: number;
  readonly end: number;

  constructor(start = 1, end = -1) {
    super();
    this.start = whole("Flatten", "start", start);
    this.end = whole("Flatten", "end", end);
  }

  override forward(x: Tensor): Tensor {
    return flatten(x, this.start, this.end);
  }
}

function finite(op: string, name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ArgumentError(op, `${name} ${describeValue(value)}`, "use a finite number");
}

function whole(op: string, name: string, value: number): number {
  if (Number.isInteger(value)) return value;
  throw new ArgumentError(op, `${name} ${describeValue(value)}`, "use an integer");
}
