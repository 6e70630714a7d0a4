import type { OptimizerId, ScheduleId, Settings } from "./settings.js";

export interface OptimizerChoice {
  readonly id: OptimizerId;
  readonly label: string;
}

export const optimizers: readonly OptimizerChoice[] = [
  { id: "sgd", label: "SGD" },
  { id: "momentum", label: "SGD, momentum 0.9" },
  { id: "rmsprop", label: "RMSprop" },
  { id: "adam", label: "Adam" },
  { id: "adamw", label: "AdamW" },
];

export interface ScheduleChoice {
  readonly id: ScheduleId;
  readonly label: string;
  /** Factor on the rate; `done` is the part of the horizon that has passed, and may go beyond 1. */
  factor(done: number): number;
}

export const schedules: readonly ScheduleChoice[] = [
  { id: "constant", label: "constant", factor: () => 1 },
  { id: "step", label: "half at each quarter", factor: (done) => 0.5 ** Math.min(4, Math.floor(4 * done)) },
  { id: "exponential", label: "exponential, to 1/100", factor: (done) => 0.01 ** Math.min(1, done) },
  {
    id: "cosine",
    label: "cosine, to 1/100",
    factor: (done) => 0.01 + 0.99 * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, done))),
  },
];

/** The rate of update number `update`. A schedule runs over `horizon` updates and then stays. */
export function learningRate({ schedule, lr }: Settings, update: number, horizon: number): number {
  const choice = schedules.find((one) => one.id === schedule) as ScheduleChoice;
  return lr * choice.factor(update / horizon);
}
