import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { markMovingMomentum } from "../moving-momentum.js";
import { requireWhole } from "./options.js";
import {
  ComposableScheduler,
  ratesOf,
  requireOptimizer,
  type ScheduledOptimizer,
  type SchedulerStateDict,
} from "./scheduler.js";

/** Options of every schedule that say where it goes on. */
export interface ResumeOptions {
  /**
   * The last epoch seen, as in PyTorch, for going on from an optimiser whose groups have `initialLr`. Default -1: from the start.
   * Loading the schedule's state is simpler.
   */
  readonly lastEpoch?: number;
}

/** Where a group stands in a step. */
export interface Moment {
  readonly epoch: number;
  /** The group's rate as it is. */
  readonly lr: number;
  /** The rate that the group started from. */
  readonly base: number;
  /** The number of the group. */
  readonly group: number;
  /** True when the schedule is being made. */
  readonly initial: boolean;
}

/** How a schedule finds rates. */
export interface Rule {
  /** The rate for an epoch: PyTorch's recurrence where it has one, so that schedules can be chained. */
  next(moment: Moment): number;
  /** The rate of epoch 0 when starting afresh in the middle of training, as PyTorch's closed form. Default: `next`. */
  first?(base: number): number;
  /** Momentum, or beta1, for an epoch. */
  momentum?(epoch: number, group: number): number;
  /** Raises an ArgumentError for an epoch past the end. */
  check?(epoch: number): void;
}

/** The options, all of which must be known, of a schedule of an optimiser. */
export function known<O extends object>(
  op: string,
  optimizer: ScheduledOptimizer,
  options: O,
  names: readonly (keyof O & string)[],
): O {
  requireOptimizer(op, optimizer);
  const given = options ?? {};
  requireKnownOptions(op, given, names);
  return given;
}

/** A schedule that is no more than its rule. */
export abstract class RuleScheduler extends ComposableScheduler {
  readonly #rule: Rule;
  #baseLrs: number[];
  #lastLr: number[] = [];

  protected constructor(name: string, optimizer: ScheduledOptimizer, rule: Rule, { lastEpoch = -1 }: ResumeOptions) {
    super(name, optimizer);
    requireWhole(name, "lastEpoch", lastEpoch, -1);
    const { paramGroups } = optimizer;
    if (lastEpoch === -1) for (const group of paramGroups) group.initialLr ??= group.lr;
    this.#baseLrs = paramGroups.map(({ initialLr }, i) => {
      if (initialLr !== undefined) return initialLr;
      throw new ArgumentError(
        name,
        `lastEpoch ${lastEpoch}, but group ${i} has no initialLr`,
        "load the optimiser's state first, or leave lastEpoch out",
      );
    });
    this.#rule = rule;
    this.lastEpoch = lastEpoch;
    this.begin();
  }

  override get lastLr(): readonly number[] {
    return this.#lastLr;
  }

  override step(): void {
    this.warnIfEarly();
    this.#moveTo(this.lastEpoch + 1, (moment) => this.#rule.next(moment));
  }

  override begin(): void {
    this.#moveTo(this.lastEpoch + 1, (moment) => this.#rule.next({ ...moment, initial: true }));
  }

  override restart(): void {
    this.#moveTo(0, (moment) => this.#rule.first?.(moment.base) ?? this.#rule.next(moment));
  }

  override rewind(): void {
    this.lastEpoch = -1;
  }

  #moveTo(epoch: number, rateOf: (moment: Moment) => number): void {
    const { paramGroups } = this.optimizer;
    if (paramGroups.length !== this.#baseLrs.length) {
      throw new ArgumentError(
        this.name,
        `made for ${this.#baseLrs.length} groups, the optimiser has ${paramGroups.length}`,
        "add groups before making the schedule",
      );
    }
    this.#rule.check?.(epoch);
    const rates = paramGroups.map(({ lr }, group) =>
      rateOf({ epoch, lr, base: this.#baseLrs[group], group, initial: false }),
    );
    for (const [i, group] of paramGroups.entries()) {
      group.lr = rates[i];
      if (this.#rule.momentum) setMomentum(group as MomentumGroup, this.#rule.momentum(epoch, i));
    }
    this.lastEpoch = epoch;
    this.#lastLr = ratesOf(this.optimizer);
  }

  override stateDict(): SchedulerStateDict {
    const { name: schedule, lastEpoch } = this;
    return { schedule, lastEpoch, lastLr: [...this.#lastLr], baseLrs: [...this.#baseLrs] };
  }

  override checkState(state: SchedulerStateDict): void {
    this.requireState(state, ["lastLr", "baseLrs"]);
  }

  override loadStateDict(state: SchedulerStateDict): void {
    this.checkState(state);
    this.lastEpoch = state.lastEpoch;
    this.#lastLr = [...state.lastLr];
    this.#baseLrs = [...(state.baseLrs ?? [])];
  }
}

type MomentumGroup = { momentum?: number; betas?: readonly [number, number] };

function setMomentum(group: MomentumGroup, value: number): void {
  markMovingMomentum(group);
  if (group.betas !== undefined) group.betas = [value, group.betas[1]];
  else group.momentum = value;
}

/** Raises unless there is momentum or beta1 to cycle. */
export function requireMomentum(op: string, { name, paramGroups }: ScheduledOptimizer): void {
  if (paramGroups.every((group) => "momentum" in group || "betas" in group)) return;
  throw new ArgumentError(op, `${name} has neither momentum nor betas`, "set cycleMomentum to false");
}
