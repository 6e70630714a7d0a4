import { ArgumentError } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import { describeValue } from "@unrolled/core";
import { requireRange, zeroOrMore, zeroToBelowOne } from "../kind.js";
import { byGroup, numbersByGroup, requireOneOf, requireWhole } from "./options.js";
import { known } from "./rule.js";
import { LRScheduler, ratesOf, type ScheduledOptimizer, type SchedulerStateDict } from "./scheduler.js";

/** Options of `ReduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions {
  /** Whether lower ("min") or higher ("max") metrics are better. Default "min". */
  readonly mode?: "min" | "max";
  /** What the rate is multiplied by; below 1. Default 0.1. */
  readonly factor?: number;
  /** Steps without a better metric to put up with. Default 10. */
  readonly patience?: number;
  /** How much better a metric must be to count. Default 1e-4. */
  readonly threshold?: number;
  /** Whether threshold is a part of the best metric ("rel") or a difference ("abs"). Default "rel". */
  readonly thresholdMode?: "rel" | "abs";
  /** Steps after a drop in which nothing counts as bad. Default 0. */
  readonly cooldown?: number;
  /** The lowest rate, for all groups or one a group. Default 0. */
  readonly minLr?: number | readonly number[];
  /** Drops that are not larger than this are left out. Default 1e-8. */
  readonly eps?: number;
}

const op = "ReduceLROnPlateau";

/**
 * Lowers the rate when a metric has stopped getting better, as torch.optim.lr_scheduler.ReduceLROnPlateau. Step it with the
 * metric, usually once an epoch with the validation loss. A NaN is no better than anything.
 *
 * @throws ArgumentError for options that are unknown or out of range, and for a step without a metric
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 * @example
 * const scheduler = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 3 });
 * scheduler.step(validationLoss);
 */
export class ReduceLROnPlateau extends LRScheduler {
  readonly #isBetter: (metric: number, best: number) => boolean;
  readonly #options: Required<Pick<ReduceLROnPlateauOptions, "factor" | "patience" | "cooldown" | "minLr" | "eps">>;
  #best: number | null = null;
  #badEpochs = 0;
  #cooldownLeft = 0;
  #lastLr: number[];

  constructor(optimizer: ScheduledOptimizer, options: ReduceLROnPlateauOptions = {}) {
    const names = ["mode", "factor", "patience", "threshold", "thresholdMode", "cooldown", "minLr", "eps"] as const;
    const given = known(op, optimizer, options, names);
    const { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4 } = given;
    const { thresholdMode = "rel", cooldown = 0, minLr = 0, eps = 1e-8 } = given;
    super(op, optimizer);
    requireOneOf(op, "mode", mode, ["min", "max"]);
    requireOneOf(op, "thresholdMode", thresholdMode, ["rel", "abs"]);
    requireRange(op, "factor", factor, zeroToBelowOne);
    requireRange(op, "threshold", threshold, zeroOrMore);
    requireRange(op, "eps", eps, zeroOrMore);
    requireWhole(op, "patience", patience, 0);
    requireWhole(op, "cooldown", cooldown, 0);
    numbersByGroup(op, "minLr", minLr, optimizer);
    const sign = mode === "min" ? -1 : 1;
    const bar = (best: number): number =>
      thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    this.#isBetter = (metric, best) => (mode === "min" ? metric < bar(best) : metric > bar(best));
    this.#options = { factor, patience, cooldown, minLr, eps };
    this.#lastLr = ratesOf(optimizer);
  }

  override get lastLr(): readonly number[] {
    return this.#lastLr;
  }

  /** @param metric a number, or a tensor of one element on a backend that can be read synchronously */
  override step(metric: number | Tensor): void {
    const value = typeof metric === "number" ? metric : (metric as Tensor | undefined)?.item();
    if (value === undefined) throw new ArgumentError(op, "step without a metric", "use scheduler.step(validationLoss)");
    const minima = byGroup(op, "minLr", this.#options.minLr, this.optimizer);
    const { patience, cooldown } = this.#options;
    const isBetter = this.#best === null ? Number.isFinite(value) : this.#isBetter(value, this.#best);
    if (isBetter) this.#best = value;
    this.#badEpochs = isBetter ? 0 : this.#badEpochs + 1;
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badEpochs = 0;
    }
    if (this.#badEpochs > patience) {
      this.#lower(minima);
      this.#cooldownLeft = cooldown;
      this.#badEpochs = 0;
    }
    this.lastEpoch++;
    this.#lastLr = ratesOf(this.optimizer);
  }

  #lower(minima: readonly number[]): void {
    const { factor, eps } = this.#options;
    for (const [i, group] of this.optimizer.paramGroups.entries()) {
      const lower = Math.max(group.lr * factor, minima[i]);
      if (group.lr - lower > eps) group.lr = lower;
    }
  }

  override stateDict(): SchedulerStateDict {
    return {
      schedule: this.name,
      lastEpoch: this.lastEpoch,
      lastLr: [...this.#lastLr],
      best: this.#best,
      badEpochs: this.#badEpochs,
      cooldownLeft: this.#cooldownLeft,
    };
  }

  override checkState(state: SchedulerStateDict): void {
    this.requireState(state);
    const { best, badEpochs, cooldownLeft } = state;
    if (best !== null && !Number.isFinite(best))
      throw new ArgumentError(
        `${op}.loadStateDict`,
        `best ${describeValue(best)}`,
        "give a number, or null for none yet",
      );
    requireWhole(`${op}.loadStateDict`, "badEpochs", badEpochs as number, 0);
    requireWhole(`${op}.loadStateDict`, "cooldownLeft", cooldownLeft as number, 0);
  }

  override loadStateDict(state: SchedulerStateDict): void {
    this.checkState(state);
    this.lastEpoch = state.lastEpoch;
    this.#lastLr = [...state.lastLr];
    this.#best = state.best ?? null;
    this.#badEpochs = state.badEpochs ?? 0;
    this.#cooldownLeft = state.cooldownLeft ?? 0;
  }
}
