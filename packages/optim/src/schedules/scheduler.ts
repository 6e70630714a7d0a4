import { ArgumentError } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import type { Optimizer } from "../optimizer.js";

/** Any optimiser, as schedules see it. */
export type ScheduledOptimizer = Optimizer<{ readonly lr: number }>;

/** Where a schedule stands; plain JSON. Its options are the constructor's. */
export interface SchedulerStateDict {
  readonly schedule: string;
  readonly lastEpoch: number;
  readonly lastLr: readonly number[];
  /** The rates it started from, by group. */
  readonly baseLrs?: readonly number[];
  /** ReduceLROnPlateau: the best metric, null before the first; steps without a better one; steps to sit out. */
  readonly best?: number | null;
  readonly badEpochs?: number;
  readonly cooldownLeft?: number;
  /** Those of SequentialLR and ChainedScheduler. */
  readonly schedulers?: readonly SchedulerStateDict[];
}

const warned = new WeakSet<ScheduledOptimizer>();

/**
 * What all schedules share. A schedule writes the rates of an optimiser's groups: when it is made, and in each `step()`, which
 * comes after the optimiser's step, once a batch or once an epoch as the schedule is meant. One that comes before the first step
 * of the optimiser skips the first rate: a warning on the console says so, once for an optimiser (not after loading a state).
 *
 * To resume: make optimiser and schedule as before, then load the states of both.
 */
export abstract class LRScheduler {
  readonly optimizer: ScheduledOptimizer;
  readonly name: string;
  /** How many steps were done; 0 when made. */
  lastEpoch = 0;

  protected constructor(name: string, optimizer: ScheduledOptimizer) {
    requireOptimizer(name, optimizer);
    this.name = name;
    this.optimizer = optimizer;
  }

  /** The rates that the schedule set last, by group. */
  abstract get lastLr(): readonly number[];

  /**
   * Moves on by one.
   *
   * @param metric for ReduceLROnPlateau, the only one to look at it
   */
  abstract step(metric?: number | Tensor): void;

  /** Warns of a first step before the optimiser's, as PyTorch does. */
  protected warnIfEarly(): void {
    const { optimizer } = this;
    if (this.lastEpoch > 0 || optimizer.hasStepped || warned.has(optimizer)) return;
    warned.add(optimizer);
    console.warn(
      `${this.name}: step() came before the first step of ${optimizer.name}, so that the first rate is never used; call optimizer.step() first, then scheduler.step()`,
    );
  }

  /** What `loadStateDict` needs to go on from here. */
  abstract stateDict(): SchedulerStateDict;

  /**
   * Goes on where a saved schedule stood, all or nothing. It does not touch the optimiser, whose own state dict has its rates.
   *
   * @throws ArgumentError if the state is another schedule's, or of another number of groups
   */
  abstract loadStateDict(state: SchedulerStateDict): void;

  /** @internal Raises if a state cannot be loaded. */
  abstract checkState(state: SchedulerStateDict): void;

  /** Raises unless the state is one of this kind of schedule. */
  protected requireState(state: SchedulerStateDict, lists: readonly ("lastLr" | "baseLrs")[] = ["lastLr"]): void {
    const op = `${this.name}.loadStateDict`;
    const refuse = (problem: string): never => {
      throw new ArgumentError(op, problem, "make the schedule and its optimiser as the saved ones");
    };
    if (typeof state !== "object" || state === null) refuse("this is no state dict");
    if (state.schedule !== this.name) refuse(`the state is one of ${String(state.schedule)}`);
    if (!Number.isInteger(state.lastEpoch)) refuse(`lastEpoch ${state.lastEpoch}`);
    const groups = this.optimizer.paramGroups.length;
    for (const name of lists) {
      const list: unknown = state[name];
      if (!Array.isArray(list) || !list.every(Number.isFinite)) refuse(`${name} is no list of numbers`);
      else if (list.length !== groups) refuse(`${name} is of ${list.length} groups, the optimiser has ${groups}`);
    }
  }
}

/** A schedule that others may have inside. */
export abstract class ComposableScheduler extends LRScheduler {
  /** @internal Back to before the first step. */
  abstract rewind(): void;

  /** @internal What the constructor does: the first step. */
  abstract begin(): void;

  /** @internal Starts afresh in the middle of training, from the rates that training began with. */
  abstract restart(): void;
}

export function requireOptimizer(name: string, optimizer: ScheduledOptimizer): void {
  if (!Array.isArray(optimizer?.paramGroups))
    throw new ArgumentError(name, "the first argument is no optimiser", `use new ${name}(optimizer, { ... })`);
}

/** The rates of an optimiser's groups. */
export function ratesOf({ paramGroups }: ScheduledOptimizer): number[] {
  return paramGroups.map(({ lr }) => lr);
}
