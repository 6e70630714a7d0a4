import { requireNumber, requireWhole } from "./options.js";
import { known, type ResumeOptions, type Rule, RuleScheduler } from "./rule.js";
import type { ScheduledOptimizer } from "./scheduler.js";

/** Options of `CosineAnnealingLR`. */
export interface CosineAnnealingLROptions extends ResumeOptions {
  /** Epochs from the rate to etaMin; as many more lead up again. */
  readonly tMax: number;
  /** The lowest rate. Default 0. */
  readonly etaMin?: number;
}

/**
 * Half a cosine down from the rate to etaMin, and up again (Loshchilov and Hutter, 2017, arXiv:1608.03983), as
 * torch.optim.lr_scheduler.CosineAnnealingLR: etaMin + (base - etaMin) (1 + cos(pi epoch / tMax)) / 2, found from the rate before
 * so that other schedules may act beside it.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 * @example
 * const scheduler = new CosineAnnealingLR(optimizer, { tMax: epochs });
 */
export class CosineAnnealingLR extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: CosineAnnealingLROptions) {
    const given = known("CosineAnnealingLR", optimizer, options, ["tMax", "etaMin", "lastEpoch"]);
    const { tMax, etaMin = 0 } = given;
    requireWhole("CosineAnnealingLR", "tMax", tMax, 1);
    requireNumber("CosineAnnealingLR", "etaMin", etaMin);
    const height = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / tMax);
    const rule: Rule = {
      next({ epoch, lr, base, initial }) {
        if (initial) return lr;
        const leavesTheFloor = (epoch - 1 - tMax) % (2 * tMax) === 0;
        if (leavesTheFloor) return lr + ((base - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
        return (height(epoch) / height(epoch - 1)) * (lr - etaMin) + etaMin;
      },
      first: (base) => base,
    };
    super("CosineAnnealingLR", optimizer, rule, given);
  }
}

/** Options of `CosineAnnealingWarmRestarts`. */
export interface CosineAnnealingWarmRestartsOptions extends ResumeOptions {
  /** Epochs until the first restart. */
  readonly t0: number;
  /** How many times longer each next stretch is; a whole number. Default 1. */
  readonly tMult?: number;
  /** The lowest rate. Default 0. */
  readonly etaMin?: number;
}

/**
 * Half a cosine down, then at once back to the rate, and so on in stretches of t0, t0 tMult, t0 tMult^2 epochs (Loshchilov and
 * Hutter, 2017, arXiv:1608.03983), as torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.
 *
 * @throws ArgumentError for options that are unknown or out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 * @example
 * const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult: 2 });
 */
export class CosineAnnealingWarmRestarts extends RuleScheduler {
  constructor(optimizer: ScheduledOptimizer, options: CosineAnnealingWarmRestartsOptions) {
    const name = "CosineAnnealingWarmRestarts";
    const given = known(name, optimizer, options, ["t0", "tMult", "etaMin", "lastEpoch"]);
    const { t0, tMult = 1, etaMin = 0 } = given;
    requireWhole(name, "t0", t0, 1);
    requireWhole(name, "tMult", tMult, 1);
    requireNumber(name, "etaMin", etaMin);
    const progress = (epoch: number): number => {
      if (tMult === 1) return (epoch % t0) / t0;
      let [since, length] = [epoch, t0];
      while (since >= length) [since, length] = [since - length, length * tMult];
      return since / length;
    };
    const rule: Rule = {
      next: ({ epoch, base }) => etaMin + ((base - etaMin) * (1 + Math.cos(Math.PI * progress(epoch)))) / 2,
    };
    super(name, optimizer, rule, given);
  }
}
