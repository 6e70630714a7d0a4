import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import { ReduceLROnPlateau } from "@unrolled/optim";

/** The part of an `LRScheduler` that `fit` uses. */
export interface Scheduler {
  /** What it sets the rates of. */
  readonly optimizer: object;
  step(metric: number): void;
}

/** A schedule for `fit`, and when it advances. */
export interface SchedulerOptions {
  /** The schedule of the optimiser's learning rates. */
  readonly scheduler: Scheduler;
  /** Step it after each epoch's validation, or after each batch. Default "epoch". */
  readonly interval?: "epoch" | "batch";
}

const known: readonly (keyof SchedulerOptions)[] = ["scheduler", "interval"];
const example = "give a scheduler of optimizer, or { scheduler, interval }";

const isScheduler = (given: Scheduler | SchedulerOptions): given is Scheduler =>
  typeof (given as Partial<Scheduler> | null)?.step === "function";

/** A scheduler and when to step it, checked. */
export function schedulerOf(given: Scheduler | SchedulerOptions, optimizer: object): Required<SchedulerOptions> {
  if (!isScheduler(given)) requireKnownOptions("fit, scheduler", given, known);
  const { scheduler, interval = "epoch" } = isScheduler(given) ? { scheduler: given } : given;
  if (typeof (scheduler as Partial<Scheduler> | undefined)?.step !== "function")
    throw new ArgumentError("fit", "scheduler is none", example);
  if (scheduler.optimizer !== optimizer)
    throw new ArgumentError("fit", "the scheduler belongs to another optimiser", example);
  if (interval !== "epoch" && interval !== "batch")
    throw new ArgumentError("fit", `interval ${describeValue(interval)}`, 'use "epoch" or "batch"');
  if (interval === "batch" && scheduler instanceof ReduceLROnPlateau) {
    throw new ArgumentError("fit", "ReduceLROnPlateau needs the validation loss, which no batch has", 'use "epoch"');
  }
  return { scheduler, interval };
}
