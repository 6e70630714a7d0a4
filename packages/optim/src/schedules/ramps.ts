import { requireRange } from "../kind.js";
import { requireNumber, requirePositive, requireWhole } from "./options.js";
import { known, type ResumeOptions, type Rule, RuleScheduler } from "./rule.js";
import type { ScheduledOptimizer } from "./scheduler.js";

/** Options of `ConstantLR`. */
export interface ConstantLROptions extends ResumeOptions {
  /** What the rate is multiplied by until totalIters; above 0, at most 1. Default 1/3. */
  readonly factor?: number;
  /** Epochs before the full rate. Default 5. */
  readonly totalIters?: number;
}

/**
 * A part of the rate for totalIters epochs, then all of it, as torch.optim.lr_scheduler.ConstantLR.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 * @example
 * const scheduler = new ConstantLR(optimizer, { factor: 0.5, totalIters: 4 });
 */
export class ConstantLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: ConstantLROptions = {}) {
    const given = known("ConstantLR", optimizer, options, ["factor", "totalIters", "lastEpoch"]);
    const { factor = 1 / 3, totalIters = 5 } = given;
    requirePositive("ConstantLR", "factor", factor, 1);
    requireWhole("ConstantLR", "totalIters", totalIters, 0);
    const rule: Rule = {
      next({ epoch, lr }) {
        if (epoch === 0) return lr * factor;
        return epoch === totalIters ? lr * (1 / factor) : lr;
      },
      first: (base) => (totalIters === 0 ? base : base * factor),
    };
    super("ConstantLR", optimizer, rule, given);
  }
}

/** Options of `LinearLR`. */
export interface LinearLROptions extends ResumeOptions {
  /** Part of the rate at the start; above 0, at most 1. Default 1/3. */
  readonly startFactor?: number;
  /** Part of the rate at totalIters and after; from 0 to 1. Default 1. */
  readonly endFactor?: number;
  /** Epochs from one to the other. Default 5. */
  readonly totalIters?: number;
}

/**
 * From startFactor to endFactor of the rate in equal steps, as torch.optim.lr_scheduler.LinearLR. The usual warm-up.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 * @example
 * const warmUp = new LinearLR(optimizer, { startFactor: 0.01, totalIters: 100 });
 */
export class LinearLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: LinearLROptions = {}) {
    const given = known("LinearLR", optimizer, options, ["startFactor", "endFactor", "totalIters", "lastEpoch"]);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = given;
    requirePositive("LinearLR", "startFactor", startFactor, 1);
    requireRange("LinearLR", "endFactor", endFactor, { low: 0, high: 1, closed: true });
    requireWhole("LinearLR", "totalIters", totalIters, 0);
    const rise = endFactor - startFactor;
    const rule: Rule = {
      next({ epoch, lr, initial }) {
        if (epoch === 0) return lr * startFactor;
        if (initial || epoch > totalIters) return lr;
        return lr * (1 + rise / (totalIters * startFactor + (epoch - 1) * rise));
      },
      first: (base) => base * startFactor,
    };
    super("LinearLR", optimizer, rule, given);
  }
}

/** Options of `ExponentialLR`. */
export interface ExponentialLROptions extends ResumeOptions {
  /** What the rate is multiplied by in each epoch. */
  readonly gamma: number;
}

/**
 * base gamma^epoch, as torch.optim.lr_scheduler.ExponentialLR.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 * @example
 * const scheduler = new ExponentialLR(optimizer, { gamma: 0.95 });
 */
export class ExponentialLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: ExponentialLROptions) {
    const given = known("ExponentialLR", optimizer, options, ["gamma", "lastEpoch"]);
    const { gamma } = given;
    requireNumber("ExponentialLR", "gamma", gamma);
    const rule: Rule = { next: ({ lr, initial }) => (initial ? lr : lr * gamma), first: (base) => base };
    super("ExponentialLR", optimizer, rule, given);
  }
}

/** Options of `PolynomialLR`. */
export interface PolynomialLROptions extends ResumeOptions {
  /** Epochs until the rate is 0. Default 5. */
  readonly totalIters?: number;
  /** Default 1: a straight line. */
  readonly power?: number;
}

/**
 * base (1 - epoch / totalIters)^power, then 0, as torch.optim.lr_scheduler.PolynomialLR.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 * @example
 * const scheduler = new PolynomialLR(optimizer, { totalIters: 100, power: 0.9 });
 */
export class PolynomialLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: PolynomialLROptions = {}) {
    const given = known("PolynomialLR", optimizer, options, ["totalIters", "power", "lastEpoch"]);
    const { totalIters = 5, power = 1 } = given;
    requireWhole("PolynomialLR", "totalIters", totalIters, 0);
    requireNumber("PolynomialLR", "power", power);
    const left = (epoch: number): number => 1 - epoch / totalIters;
    const rule: Rule = {
      next: ({ epoch, lr, initial }) =>
        initial || epoch > totalIters ? lr : lr * (left(epoch) / left(epoch - 1)) ** power,
      first: (base) => base,
    };
    super("PolynomialLR", optimizer, rule, given);
  }
}
