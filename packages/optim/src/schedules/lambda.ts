import { functionsByGroup } from "./options.js";
import { known, type ResumeOptions, type Rule, RuleScheduler } from "./rule.js";
import type { ScheduledOptimizer } from "./scheduler.js";

/** A factor from the epoch, which counts from 0. */
export type LrLambda = (epoch: number) => number;

/** Options of `LambdaLR`. */
export interface LambdaLROptions extends ResumeOptions {
  /** One function for all groups, or one a group. */
  readonly lrLambda: LrLambda | readonly LrLambda[];
}

/**
 * The rate at the start times a function of the epoch, as torch.optim.lr_scheduler.LambdaLR.
 *
 * @throws ArgumentError for options that are unknown or of another kind
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 * @example
 * const scheduler = new LambdaLR(optimizer, { lrLambda: (epoch) => 0.95 ** epoch });
 */
export class LambdaLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: LambdaLROptions) {
    const given = known("LambdaLR", optimizer, options, ["lrLambda", "lastEpoch"]);
    const lambdas = functionsByGroup("LambdaLR", "lrLambda", given.lrLambda, optimizer);
    const rule: Rule = { next: ({ epoch, base, group }) => base * lambdas[group](epoch) };
    super("LambdaLR", optimizer, rule, given);
  }
}

/**
 * The rate before times a function of the epoch, from epoch 1 on, as torch.optim.lr_scheduler.MultiplicativeLR.
 *
 * @throws ArgumentError for options that are unknown or of another kind
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 * @example
 * const scheduler = new MultiplicativeLR(optimizer, { lrLambda: () => 0.95 });
 */
export class MultiplicativeLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: LambdaLROptions) {
    const given = known("MultiplicativeLR", optimizer, options, ["lrLambda", "lastEpoch"]);
    const lambdas = functionsByGroup("MultiplicativeLR", "lrLambda", given.lrLambda, optimizer);
    const rule: Rule = { next: ({ epoch, lr, group, initial }) => (initial ? lr : lr * lambdas[group](epoch)) };
    super("MultiplicativeLR", optimizer, rule, given);
  }
}
