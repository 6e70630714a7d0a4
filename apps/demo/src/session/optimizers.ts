import type { Parameter } from "@unrolled/nn";
import { Adam, AdamW, RMSprop, SGD } from "@unrolled/optim";
import type { OptimizerId, ScheduleId, Settings } from "./settings.js";

type AnyOptimizer = SGD | RMSprop | Adam;

export interface OptimizerChoice {
  readonly id: OptimizerId;
  readonly label: string;
  create(parameters: readonly Parameter[], lr: number): AnyOptimizer;
}

export const optimizers: readonly OptimizerChoice[] = [
  { id: "sgd", label: "SGD", create: (parameters, lr) => new SGD([...parameters], { lr }) },
  {
    id: "momentum",
    label: "SGD, momentum 0.9",
    create: (parameters, lr) => new SGD([...parameters], { lr, momentum: 0.9 }),
  },
  { id: "rmsprop", label: "RMSprop", create: (parameters, lr) => new RMSprop([...parameters], { lr }) },
  { id: "adam", label: "Adam", create: (parameters, lr) => new Adam([...parameters], { lr }) },
  { id: "adamw", label: "AdamW", create: (parameters, lr) => new AdamW([...parameters], { lr }) },
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

export const optimizerChoice = (id: OptimizerId): OptimizerChoice =>
  optimizers.find((one) => one.id === id) as OptimizerChoice;

/** The rate of update number `update`. A schedule runs over `horizon` updates and then stays. */
export function learningRate({ schedule, lr }: Settings, update: number, horizon: number): number {
  const choice = schedules.find((one) => one.id === schedule) as ScheduleChoice;
  return lr * choice.factor(update / horizon);
}
