import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import { requireNumber, requireWhole } from "./options.js";
import { known, type ResumeOptions, type Rule, RuleScheduler } from "./rule.js";
import type { ScheduledOptimizer } from "./scheduler.js";

/** Options of `StepLR`. */
export interface StepLROptions extends ResumeOptions {
  /** Epochs between drops. */
  readonly stepSize: number;
  /** What the rate is multiplied by. Default 0.1. */
  readonly gamma?: number;
}

/**
 * Multiplies the rate by gamma every stepSize epochs, base gamma^floor(epoch / stepSize), as torch.optim.lr_scheduler.StepLR.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 * @example
 * const scheduler = new StepLR(optimizer, { stepSize: 30, gamma: 0.1 });
 */
export class StepLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: StepLROptions) {
    const given = known("StepLR", optimizer, options, ["stepSize", "gamma", "lastEpoch"]);
    const { stepSize, gamma = 0.1 } = given;
    requireWhole("StepLR", "stepSize", stepSize, 1);
    requireNumber("StepLR", "gamma", gamma);
    const rule: Rule = {
      next: ({ epoch, lr }) => (epoch === 0 || epoch % stepSize !== 0 ? lr : lr * gamma),
      first: (base) => base,
    };
    super("StepLR", optimizer, rule, given);
  }
}

/** Options of `MultiStepLR`. */
export interface MultiStepLROptions extends ResumeOptions {
  /** The epochs of the drops, in any order; one listed twice drops twice. */
  readonly milestones: readonly number[];
  /** What the rate is multiplied by. Default 0.1. */
  readonly gamma?: number;
}

/**
 * Multiplies the rate by gamma at each milestone, as torch.optim.lr_scheduler.MultiStepLR.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 * @example
 * const scheduler = new MultiStepLR(optimizer, { milestones: [30, 80] });
 */
export class MultiStepLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: MultiStepLROptions) {
    const given = known("MultiStepLR", optimizer, options, ["milestones", "gamma", "lastEpoch"]);
    const { milestones, gamma = 0.1 } = given;
    if (!Array.isArray(milestones))
      throw new ArgumentError("MultiStepLR", `milestones ${describeValue(milestones)}`, "give a list of epochs");
    for (const milestone of milestones) requireWhole("MultiStepLR", "milestones", milestone, 0);
    requireNumber("MultiStepLR", "gamma", gamma);
    const dates: readonly number[] = [...milestones];
    const drop = (epoch: number): number => gamma ** dates.filter((date) => date === epoch).length;
    const rule: Rule = { next: ({ epoch, lr }) => lr * drop(epoch), first: (base) => base * drop(0) };
    super("MultiStepLR", optimizer, rule, given);
  }
}
