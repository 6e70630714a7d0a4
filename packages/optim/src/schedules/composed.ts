import { ArgumentError } from "@unrolled/backend";
import { requireWhole } from "./options.js";
import { known } from "./rule.js";
import {
  ComposableScheduler,
  LRScheduler,
  ratesOf,
  type ScheduledOptimizer,
  type SchedulerStateDict,
} from "./scheduler.js";

/** The schedules inside another one, checked. */
function requireSchedulers(
  op: string,
  optimizer: ScheduledOptimizer,
  schedulers: readonly LRScheduler[],
): ComposableScheduler[] {
  if (!Array.isArray(schedulers) || schedulers.length === 0)
    throw new ArgumentError(op, "got no schedulers", "give a list of them");
  return schedulers.map((scheduler: unknown, i) => {
    if (!(scheduler instanceof LRScheduler)) throw new ArgumentError(op, `scheduler ${i} is none`, "give schedules");
    if (!(scheduler instanceof ComposableScheduler))
      throw new ArgumentError(op, `scheduler ${i} is ${scheduler.name}, which needs a metric`, "step it on its own");
    if (scheduler.optimizer !== optimizer)
      throw new ArgumentError(op, `scheduler ${i} belongs to another optimiser`, "make all for the same optimiser");
    return scheduler;
  });
}

/** The rates that the first schedule found. */
function resetRates({ paramGroups }: ScheduledOptimizer): void {
  for (const group of paramGroups) group.lr = group.initialLr ?? group.lr;
}

/** A schedule made of others. */
abstract class Composition extends ComposableScheduler {
  readonly schedulers: readonly ComposableScheduler[];
  protected rates: readonly number[];

  protected constructor(name: string, optimizer: ScheduledOptimizer, schedulers: readonly LRScheduler[]) {
    super(name, optimizer);
    this.schedulers = requireSchedulers(name, optimizer, schedulers);
    this.rates = ratesOf(optimizer);
  }

  override get lastLr(): readonly number[] {
    return this.rates;
  }

  override rewind(): void {
    this.lastEpoch = -1;
    for (const scheduler of this.schedulers) scheduler.rewind();
  }

  /** Notes that an epoch has been reached. */
  protected reached(epoch: number): void {
    this.lastEpoch = epoch;
    this.rates = ratesOf(this.optimizer);
  }

  override stateDict(): SchedulerStateDict {
    const { name: schedule, lastEpoch } = this;
    return { schedule, lastEpoch, lastLr: [...this.rates], schedulers: this.schedulers.map((one) => one.stateDict()) };
  }

  override checkState(state: SchedulerStateDict): void {
    this.requireState(state);
    const { length } = this.schedulers;
    if (!Array.isArray(state.schedulers) || state.schedulers.length !== length) {
      throw new ArgumentError(
        `${this.name}.loadStateDict`,
        `the state has ${state.schedulers?.length ?? "no"} schedulers, here are ${length}`,
        "make the schedule as the saved one",
      );
    }
    for (const [i, scheduler] of this.schedulers.entries()) scheduler.checkState(state.schedulers[i]);
  }

  override loadStateDict(state: SchedulerStateDict): void {
    this.checkState(state);
    this.lastEpoch = state.lastEpoch;
    this.rates = [...state.lastLr];
    for (const [i, one] of (state.schedulers ?? []).entries()) this.schedulers[i].loadStateDict(one);
  }
}

/** Options of `SequentialLR`. */
export interface SequentialLROptions {
  /** One after the other; all of this optimiser, none stepped yet. */
  readonly schedulers: readonly LRScheduler[];
  /** The epochs at which the second, third and so on take over; one fewer than there are schedules. */
  readonly milestones: readonly number[];
}

/**
 * One schedule after another, as torch.optim.lr_scheduler.SequentialLR. Each starts from the rates that training began with, not
 * from where the one before it stopped. To resume, load its state.
 *
 * @throws ArgumentError for options that are unknown or do not go together, and for ReduceLROnPlateau inside
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 * @example
 * const warmUp = new LinearLR(optimizer, { startFactor: 0.01, totalIters: 100 });
 * const decay = new CosineAnnealingLR(optimizer, { tMax: 900 });
 * const scheduler = new SequentialLR(optimizer, { schedulers: [warmUp, decay], milestones: [100] });
 */
export class SequentialLR extends Composition {
  readonly milestones: readonly number[];

  constructor(optimizer: ScheduledOptimizer, options: SequentialLROptions) {
    const op = "SequentialLR";
    const { schedulers, milestones } = known(op, optimizer, options, ["schedulers", "milestones"]);
    super(op, optimizer, schedulers);
    if (!Array.isArray(milestones) || milestones.length !== schedulers.length - 1) {
      throw new ArgumentError(
        op,
        `${milestones?.length ?? "no"} milestones for ${schedulers.length} schedulers`,
        "give one milestone fewer than schedulers",
      );
    }
    milestones.forEach((milestone: number, i) => {
      requireWhole(op, `milestones[${i}]`, milestone, i === 0 ? 0 : milestones[i - 1] + 1);
    });
    const late = schedulers.findIndex(({ lastEpoch }) => lastEpoch !== 0);
    if (late >= 0) throw new ArgumentError(op, `scheduler ${late} has been stepped before`, "make all of them anew");
    this.milestones = [...milestones];
    resetRates(optimizer);
    this.rewind();
    this.begin();
  }

  #at(epoch: number): number {
    return this.milestones.filter((milestone) => milestone <= epoch).length;
  }

  override begin(): void {
    this.schedulers[this.#at(0)].begin();
    this.reached(0);
  }

  override restart(): void {
    this.schedulers[this.#at(0)].restart();
    this.reached(0);
  }

  override step(): void {
    this.warnIfEarly();
    const epoch = this.lastEpoch + 1;
    const i = this.#at(epoch);
    if (i > 0 && this.milestones[i - 1] === epoch) this.schedulers[i].restart();
    else this.schedulers[i].step();
    this.reached(epoch);
  }
}

/** Options of `ChainedScheduler`. */
export interface ChainedSchedulerOptions {
  /** All of this optimiser. */
  readonly schedulers: readonly LRScheduler[];
}

/**
 * Several schedules at once, each acting on what the one before it made of the rates, as
 * torch.optim.lr_scheduler.ChainedScheduler. For schedules that multiply the rate: step, multi-step, constant, linear,
 * exponential, polynomial, multiplicative, cosine. Those that set it (lambda, warm restarts, one-cycle, cyclic) undo what
 * comes before them. To resume, load its state.
 *
 * @throws ArgumentError for options that are unknown or do not go together, and for ReduceLROnPlateau inside
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
 * @example
 * const warmUp = new ConstantLR(optimizer, { factor: 0.1, totalIters: 5 });
 * const decay = new ExponentialLR(optimizer, { gamma: 0.9 });
 * const scheduler = new ChainedScheduler(optimizer, { schedulers: [warmUp, decay] });
 */
export class ChainedScheduler extends Composition {
  constructor(optimizer: ScheduledOptimizer, options: ChainedSchedulerOptions) {
    const { schedulers } = known("ChainedScheduler", optimizer, options, ["schedulers"]);
    super("ChainedScheduler", optimizer, schedulers);
  }

  override begin(): void {
    for (const scheduler of this.schedulers) scheduler.begin();
    this.reached(0);
  }

  override restart(): void {
    resetRates(this.optimizer);
    this.rewind();
    this.begin();
  }

  override step(): void {
    this.warnIfEarly();
    for (const scheduler of this.schedulers) scheduler.step();
    this.reached(this.lastEpoch + 1);
  }
}
