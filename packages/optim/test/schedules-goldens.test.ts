import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, zeros } from "@unrolled/core";
import type { LRScheduler, ScheduledOptimizer } from "@unrolled/optim";
import * as optim from "@unrolled/optim";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { golden } from "./support/compare.js";
import { make } from "./support/optimizers.js";

setDefaultBackend(cpu());
// some schedules here are stepped with no optimiser's step before, which warns
beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

interface Spec {
  readonly scheduler: string;
  readonly options: Readonly<Record<string, unknown>>;
}

type Rows = readonly (readonly [number, number])[];

interface ScheduleCase {
  readonly optimizer: "SGD" | "Adam";
  readonly options: object;
  readonly lrs: readonly [number, number];
  readonly schedule: Spec;
  readonly lr: Rows;
  readonly momentum?: Rows;
  readonly beta1?: Rows;
}

const file = golden<{
  readonly metrics: readonly number[];
  readonly plain: readonly ScheduleCase[];
  readonly cycling: readonly ScheduleCase[];
  readonly plateau: readonly ScheduleCase[];
  readonly composed: readonly ScheduleCase[];
}>("goldens/schedules.json", import.meta.url);
const all = [...file.plain, ...file.cycling, ...file.plateau, ...file.composed];

type AnyScheduler = new (optimizer: ScheduledOptimizer, options: object) => LRScheduler;
const classes = optim as unknown as Record<string, AnyScheduler>;

const functionOf = (text: string): unknown => new Function("epoch", `return ${text}`);
const camelModes: Readonly<Record<string, string>> = { exp_range: "expRange" };

function scheduleOf({ scheduler, options }: Spec, optimizer: ScheduledOptimizer): LRScheduler {
  const entries = Object.entries(options).map(([name, value]): [string, unknown] => {
    if (name === "schedulers") return [name, (value as Spec[]).map((inner) => scheduleOf(inner, optimizer))];
    if (name === "lrLambda") return [name, Array.isArray(value) ? value.map(functionOf) : functionOf(String(value))];
    if (name === "mode") return [name, camelModes[String(value)] ?? value];
    return [name, value];
  });
  return new classes[scheduler](optimizer, Object.fromEntries(entries));
}

function start({ optimizer, options, lrs, schedule }: ScheduleCase): [ScheduledOptimizer, LRScheduler] {
  const groups = lrs.map((lr) => ({ params: [zeros([1]).requireGrad()], lr }));
  const subject = make(optimizer, groups, options);
  return [subject, scheduleOf(schedule, subject)];
}

type Momenta = { momentum?: number; betas?: readonly [number, number] };
const momentumOf = (group: Momenta): number | undefined => group.betas?.[0] ?? group.momentum;
const relativeError = (value: number, wanted: number): number =>
  value === wanted ? 0 : Math.abs(value - wanted) / Math.abs(wanted);

function expectRow(one: ScheduleCase, [optimizer, scheduler]: [ScheduledOptimizer, LRScheduler], step: number): void {
  const momenta = one.momentum ?? one.beta1;
  for (const [i, group] of optimizer.paramGroups.entries()) {
    expect(relativeError(group.lr, one.lr[step][i]), `rate ${i} after ${step} steps`).toBeLessThanOrEqual(1e-13);
    expect(scheduler.lastLr[i]).toBe(group.lr);
    if (!momenta) continue;
    const momentum = momentumOf(group as Momenta) ?? Number.NaN;
    expect(relativeError(momentum, momenta[step][i]), `momentum ${i}`).toBeLessThanOrEqual(1e-13);
  }
  expect(scheduler.lastEpoch).toBe(step);
}

test("the goldens have every schedule", () => {
  const names = new Set(all.map(({ schedule }) => schedule.scheduler));
  expect([...names].sort()).toEqual(
    Object.keys(optim)
      .filter((name) => /(LR|Scheduler|Restarts|Plateau)$/.test(name) && name !== "LRScheduler")
      .sort(),
  );
});

describe.each(
  all.map(
    (one) => [`${one.schedule.scheduler} ${JSON.stringify(one.schedule.options)} ${one.optimizer}`, one] as const,
  ),
)("%s", (_name, one) => {
  const metricsOf = (step: number): [metric?: number] =>
    one.schedule.scheduler === "ReduceLROnPlateau" ? [file.metrics[step]] : [];

  test("as PyTorch, step by step", () => {
    const both = start(one);
    expectRow(one, both, 0);
    for (let step = 0; step < one.lr.length - 1; step++) {
      both[1].step(...metricsOf(step));
      expectRow(one, both, step + 1);
    }
    expect(one.lr).toHaveLength(41);
  });

  test("goes on from saved states as if it had not stopped, to the bit", () => {
    const [whole, scheduler] = start(one);
    const groups = (optimizer: ScheduledOptimizer): object[] =>
      optimizer.paramGroups.map(({ params: _, ...rest }) => rest);
    for (let stop = 0; stop < one.lr.length - 1; stop++) {
      const [resumed, other] = start(one);
      // in either order
      if (stop % 2 === 0) other.loadStateDict(JSON.parse(JSON.stringify(scheduler.stateDict())));
      resumed.loadStateDict(JSON.parse(JSON.stringify(whole.stateDict())));
      if (stop % 2 === 1) other.loadStateDict(JSON.parse(JSON.stringify(scheduler.stateDict())));
      expect(groups(resumed)).toEqual(groups(whole));
      scheduler.step(...metricsOf(stop));
      other.step(...metricsOf(stop));
      expect(groups(resumed)).toEqual(groups(whole));
      expect(other.stateDict()).toEqual(scheduler.stateDict());
    }
  });
});
