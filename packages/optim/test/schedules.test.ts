import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import * as optim from "@unrolled/optim";
import {
  Adadelta,
  Adam,
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LRScheduler,
  OneCycleLR,
  ReduceLROnPlateau,
  type ScheduledOptimizer,
  type SchedulerStateDict,
  SequentialLR,
  SGD,
  StepLR,
} from "@unrolled/optim";
import { referenceBackend } from "@unrolled/testkit";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { fullOptions, make } from "./support/optimizers.js";

setDefaultBackend(cpu());
// some schedules here are stepped with no optimiser's step before, which warns
beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

type AnyScheduler = new (optimizer: ScheduledOptimizer, options?: object) => LRScheduler;
const classes = optim as unknown as Record<string, AnyScheduler>;
const sgd = (lr = 0.1, momentum = 0.9): SGD => new SGD([zeros([1]).requireGrad()], { lr, momentum });
const rateOf = ({ paramGroups }: ScheduledOptimizer): number => paramGroups[0].lr;
const rates = (optimizer: ScheduledOptimizer, scheduler: LRScheduler, steps: number): number[] => [
  rateOf(optimizer),
  ...Array.from({ length: steps }, () => {
    scheduler.step();
    return rateOf(optimizer);
  }),
];

describe("lastEpoch goes on as PyTorch 2.15 does", () => {
  const cos = [0.08, 0.06111456180001683, 0.042229123600033655, 0.025192323673650003];
  const warm = [0.009549150281252633, 0.1, 0.09045084971874738, 0.06545084971874737];
  const polynomial = [0.08, 0.06666666666666667, 0.05333333333333334, 0.04000000000000001];
  test.each<[string, object, lr: number, initialLr: number, expected: number[]]>([
    ["StepLR", { lastEpoch: 3, stepSize: 3, gamma: 0.5 }, 0.1, 0.1, [0.1, 0.1, 0.05, 0.05, 0.05]],
    ["StepLR", { lastEpoch: 2, stepSize: 3, gamma: 0.5 }, 0.1, 0.1, [0.05, 0.05, 0.05, 0.025, 0.025]],
    ["ExponentialLR", { lastEpoch: 3, gamma: 0.5 }, 0.05, 0.1, [0.05, 0.025, 0.0125]],
    ["LinearLR", { lastEpoch: 2, startFactor: 0.5, totalIters: 5 }, 0.08, 0.1, [0.08, 0.09, 0.1, 0.1]],
    ["CosineAnnealingLR", { lastEpoch: 3, tMax: 10 }, 0.08, 0.1, cos],
    ["PolynomialLR", { lastEpoch: 3, totalIters: 10 }, 0.08, 0.1, polynomial],
    ["ConstantLR", { lastEpoch: 3, factor: 0.5, totalIters: 5 }, 0.05, 0.1, [0.05, 0.1, 0.1]],
    ["MultiplicativeLR", { lastEpoch: 3, lrLambda: () => 0.5 }, 0.05, 0.1, [0.05, 0.025, 0.0125]],
    ["LambdaLR", { lastEpoch: 3, lrLambda: (epoch: number) => 1 / (1 + epoch) }, 0.05, 0.1, [0.02, 0.1 / 6, 0.1 / 7]],
    ["CosineAnnealingWarmRestarts", { lastEpoch: 3, t0: 5 }, 0.05, 0.1, warm],
    [
      "OneCycleLR",
      { lastEpoch: 3, maxLr: 0.5, totalSteps: 20 },
      0.03,
      0.02,
      [0.45416407864998737, 0.5, 0.4937320031175437],
    ],
    ["CyclicLR", { lastEpoch: 3, baseLr: 0.02, maxLr: 0.5, stepSizeUp: 5 }, 0.03, 0.02, [0.404, 0.5, 0.404]],
  ])("%s %o", (name, options, lr, initialLr, expected) => {
    const optimizer = sgd(lr);
    optimizer.paramGroups[0].initialLr = initialLr;
    const scheduler = new classes[name](optimizer, options);
    for (const [i, rate] of rates(optimizer, scheduler, expected.length - 1).entries())
      expect(rate).toBeCloseTo(expected[i], 14);
  });

  test("and needs to know where training began", () => {
    expect(() => new StepLR(sgd(), { stepSize: 3, lastEpoch: 2 })).toThrow(
      "StepLR: lastEpoch 2, but group 0 has no initialLr; load the optimiser's state first",
    );
  });
});

test.each<["cycle" | "iterations", number[]]>([
  ["cycle", [0.5, 0.75, 1, 0.75, 0.5, 0.5 + 1 / 6, 0.5 + 1 / 3]],
  ["iterations", [0.5, 0.75, 0.5 + 1 / 3, 0.625, 0.5, 0.5 + 1 / 12, 0.5 + 1 / 7]],
])("CyclicLR's own height by %s, as in PyTorch 2.15", (scaleMode, expected) => {
  const optimizer = sgd();
  const options = { baseLr: 0.5, maxLr: 1.5, stepSizeUp: 2, scaleFn: (x: number) => 1 / (1 + x), scaleMode };
  for (const [i, rate] of rates(optimizer, new CyclicLR(optimizer, options), 6).entries())
    expect(rate).toBeCloseTo(expected[i], 14);
});

test("OneCycleLR notes the rate it starts from, and may start at the top", () => {
  const optimizer = sgd();
  const scheduler = new OneCycleLR(optimizer, { maxLr: 0.5, totalSteps: 10, pctStart: 0.1 });
  expect(optimizer.paramGroups[0].initialLr).toBe(0.02);
  expect(rateOf(optimizer)).toBe(0.5);
  scheduler.step();
  expect(rateOf(optimizer)).toBeLessThan(0.5);
});

describe("schedules inside schedules", () => {
  test("a milestone at 0 and a ConstantLR of no epochs, as in PyTorch 2.15", () => {
    const optimizer = sgd(1);
    const skipped = new ExponentialLR(optimizer, { gamma: 0.5 });
    const quarter = new ConstantLR(optimizer, { factor: 0.25, totalIters: 2 });
    const scheduler = new SequentialLR(optimizer, { schedulers: [skipped, quarter], milestones: [0] });
    expect(rates(optimizer, scheduler, 3)).toEqual([0.25, 0.25, 1, 1]);
    const other = sgd(1);
    const [half, none] = [
      new ExponentialLR(other, { gamma: 0.5 }),
      new ConstantLR(other, { factor: 0.25, totalIters: 0 }),
    ];
    const second = new SequentialLR(other, { schedulers: [half, none], milestones: [2] });
    expect(rates(other, second, 4)).toEqual([1, 0.5, 1, 1, 1]);
  });

  test("a SequentialLR in a SequentialLR, first or later, keeps its own milestones", () => {
    const inner = (optimizer: SGD): SequentialLR =>
      new SequentialLR(optimizer, {
        schedulers: [
          new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 }),
          new StepLR(optimizer, { stepSize: 1 }),
        ],
        milestones: [2],
      });
    const flat = sgd(1);
    const alone = rates(flat, inner(flat), 4);
    [0.5, 0.75, 1, 0.1, 0.01].forEach((rate, i) => {
      expect(alone[i]).toBeCloseTo(rate, 14);
    });

    const first = sgd(1);
    const before = new SequentialLR(first, {
      schedulers: [inner(first), new ExponentialLR(first, { gamma: 0.5 })],
      milestones: [5],
    });
    expect(rates(first, before, 6)).toEqual([...alone, 1, 0.5]);

    const later = sgd(1);
    const constant = new ConstantLR(later, { factor: 0.25, totalIters: 9 });
    const after = new SequentialLR(later, { schedulers: [constant, inner(later)], milestones: [2] });
    expect(rates(later, after, 6)).toEqual([0.25, 0.25, ...alone]);
  });

  test("a ChainedScheduler in a SequentialLR starts from the rates of the beginning", () => {
    const chain = (optimizer: SGD): ChainedScheduler =>
      new ChainedScheduler(optimizer, {
        schedulers: [
          new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 }),
          new ExponentialLR(optimizer, { gamma: 0.5 }),
        ],
      });
    const plain = sgd(1);
    const alone = rates(plain, chain(plain), 3);
    expect(alone).toEqual([0.5, 0.25, 0.25, 0.125]);
    const optimizer = sgd(1);
    const hold = new LambdaLR(optimizer, { lrLambda: () => 0.125 });
    const scheduler = new SequentialLR(optimizer, { schedulers: [hold, chain(optimizer)], milestones: [1] });
    expect(rates(optimizer, scheduler, 4)).toEqual([0.125, ...alone]);
  });
});

test("an SGD made without momentum gets it from a schedule, as in PyTorch", () => {
  const optimizer = sgd(0.1, 0);
  const scheduler = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 10 });
  expect(optimizer.paramGroups[0].momentum).toBe(0.95);
  const [parameter] = optimizer.paramGroups[0].params;
  optimizer.step(() => parameter.sum());
  scheduler.step();
  optimizer.step(() => parameter.sum());
  expect([...optimizer.namedTensors()].map(([name]) => name)).toEqual(["momentum_buffer.0"]);
});

test("ReduceLROnPlateau takes a tensor, waits through NaN, and follows a schedule's rate", () => {
  const optimizer = sgd(1);
  const scheduler = new ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5 });
  scheduler.step(tensor(3));
  for (const metric of [Number.NaN, Number.NaN]) scheduler.step(metric);
  expect(rateOf(optimizer)).toBe(0.5);
  scheduler.step(2);
  expect(scheduler.stateDict()).toMatchObject({ best: 2, badEpochs: 0, lastEpoch: 4, lastLr: [0.5] });
  // @ts-expect-error: the metric is missing
  expect(() => scheduler.step()).toThrow("ReduceLROnPlateau: step without a metric");
});

describe.each(fullOptions)("%s %o on a device", (name, options) => {
  const device = referenceBackend();
  const warmUpThenCosine = (optimizer: ScheduledOptimizer): LRScheduler =>
    new SequentialLR(optimizer, {
      schedulers: [new LinearLR(optimizer, { totalIters: 2 }), new CosineAnnealingLR(optimizer, { tMax: 4 })],
      milestones: [2],
    });
  const oneCycle = (optimizer: ScheduledOptimizer): LRScheduler => {
    const cycleMomentum = optimizer.paramGroups.every((group) => "momentum" in group || "betas" in group);
    return new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 10, cycleMomentum });
  };

  test.each([
    ["warm-up and cosine", warmUpThenCosine],
    ["one cycle, with momentum", oneCycle],
  ])("steps of the optimiser and of %s have no slope", (_what, schedule) => {
    const w = tensor([[0.5, -0.2]], { backend: device, requiresGrad: true });
    const x = tensor([[1], [2], [3]], { backend: device });
    const optimizer = make(name, [w], options);
    const scheduler = schedule(optimizer);
    const buffers = [1, 2, 3, 4, 5].map(() => {
      optimizer.step((): Tensor => x.matmul(w).tanh().square().mean(), { clipGradNorm: 1 }).dispose();
      scheduler.step();
      return device.memory().buffers;
    });
    expect(buffers[4]).toBe(buffers[1]);
  });
});

describe("refuses", () => {
  const one = (factor: object = {}): LRScheduler => new ConstantLR(sgd(), factor);
  const names = Object.keys(optim).filter(
    (name) => /(LR|Scheduler|Restarts|Plateau)$/.test(name) && name !== "LRScheduler",
  );

  test.each(names)("%s: options that nobody reads, and what is no optimiser", (name) => {
    expect(() => new classes[name](sgd(), { last_epoch: 1, rate: 2 })).toThrow(
      new RegExp(`^${name}: unknown options last_epoch, rate; `),
    );
    expect(() => new classes[name]({} as ScheduledOptimizer, {})).toThrow(
      `${name}: the first argument is no optimiser`,
    );
  });

  test.each<[string, object | undefined, string]>([
    ["StepLR", undefined, "stepSize undefined; use a whole number of 1 or more"],
    ["StepLR", { stepSize: 0 }, "stepSize 0"],
    ["StepLR", { stepSize: 1, gamma: Number.NaN }, "gamma NaN; use a finite number"],
    ["StepLR", { stepSize: 1, lastEpoch: -2 }, "lastEpoch -2; use a whole number of -1 or more"],
    ["MultiStepLR", { milestones: 3 }, "milestones 3; give a list of epochs"],
    ["MultiStepLR", { milestones: [1.5] }, "milestones 1.5"],
    ["ConstantLR", { factor: 1.5 }, "factor 1.5; use a number above 0, at most 1"],
    ["ConstantLR", { factor: 0 }, "factor 0"],
    ["ConstantLR", { totalIters: -1 }, "totalIters -1"],
    ["LinearLR", { startFactor: 0 }, "startFactor 0"],
    ["LinearLR", { endFactor: 2 }, "endFactor 2; use a number from 0 to 1"],
    ["ExponentialLR", {}, "gamma undefined"],
    ["PolynomialLR", { power: "2" }, 'power "2"; use a finite number'],
    ["CosineAnnealingLR", { tMax: 0 }, "tMax 0"],
    ["CosineAnnealingWarmRestarts", { t0: 2, tMult: 0.5 }, "tMult 0.5"],
    ["LambdaLR", { lrLambda: 0.9 }, "lrLambda is no function"],
    ["MultiplicativeLR", { lrLambda: [() => 1, () => 1] }, "2 lrLambda for 1 groups; give one, or one a group"],
    ["OneCycleLR", { maxLr: 1 }, "the number of steps is missing"],
    ["OneCycleLR", { maxLr: 1, epochs: 2 }, "the number of steps is missing"],
    ["OneCycleLR", { maxLr: 1, totalSteps: 9, epochs: 2 }, "totalSteps beside epochs or stepsPerEpoch"],
    ["OneCycleLR", { maxLr: [1, 2], totalSteps: 9 }, "2 maxLr for 1 groups"],
    ["OneCycleLR", { totalSteps: 9 }, "maxLr undefined"],
    ["OneCycleLR", { maxLr: 1, totalSteps: 9, pctStart: 1.5 }, "pctStart 1.5"],
    ["OneCycleLR", { maxLr: 1, totalSteps: 9, annealStrategy: "cosine" }, 'annealStrategy "cosine"; use cos or linear'],
    ["OneCycleLR", { maxLr: 1, totalSteps: 9, divFactor: 0 }, "divFactor 0; use a number above 0"],
    ["OneCycleLR", { maxLr: 1, totalSteps: 9, threePhase: 1 }, "threePhase 1; use a boolean"],
    [
      "CyclicLR",
      { baseLr: 1, maxLr: 2, mode: "exp_range" },
      'mode "exp_range"; use triangular or triangular2 or expRange',
    ],
    ["CyclicLR", { baseLr: 1, maxLr: 2, gamma: 0.9 }, "gamma 0.9 without mode expRange"],
    ["CyclicLR", { baseLr: 1, maxLr: 2, scaleMode: "cycle" }, "scaleMode without scaleFn"],
    ["CyclicLR", { baseLr: 1, maxLr: 2, mode: "triangular", scaleFn: () => 1 }, "mode beside scaleFn"],
    ["CyclicLR", { baseLr: 1, maxLr: 2, stepSizeUp: 0 }, "stepSizeUp 0"],
    ["ReduceLROnPlateau", { factor: 1 }, "factor 1; use a number from 0 to below 1"],
    ["ReduceLROnPlateau", { mode: "least" }, 'mode "least"; use min or max'],
    ["ReduceLROnPlateau", { thresholdMode: "absolute" }, 'thresholdMode "absolute"'],
    ["ReduceLROnPlateau", { minLr: [0, 0] }, "2 minLr for 1 groups"],
    ["SequentialLR", { schedulers: [], milestones: [] }, "got no schedulers"],
    ["ChainedScheduler", { schedulers: [{}] }, "scheduler 0 is none"],
    ["ChainedScheduler", { schedulers: [one()] }, "scheduler 0 belongs to another optimiser"],
  ])("%s %o", (name, options, message) => {
    const optimizer = sgd();
    const attempt = (): LRScheduler => new classes[name](optimizer, options);
    expect(attempt).toThrow(ArgumentError);
    expect(attempt).toThrow(`${name}: ${message}`);
    expect(rateOf(optimizer)).toBe(0.1);
    expect(optimizer.paramGroups[0].momentum).toBe(0.9);
  });

  test("momentum where there is none, a plateau inside, wrong milestones, a used schedule", () => {
    const adadelta = new Adadelta([zeros([1]).requireGrad()]);
    expect(() => new OneCycleLR(adadelta, { maxLr: 1, totalSteps: 3 })).toThrow(
      "OneCycleLR: Adadelta has neither momentum nor betas; set cycleMomentum to false",
    );
    const optimizer = sgd();
    const schedulers = [new StepLR(optimizer, { stepSize: 1 }), new ExponentialLR(optimizer, { gamma: 0.5 })];
    const plateau = new ReduceLROnPlateau(optimizer);
    expect(() => new ChainedScheduler(optimizer, { schedulers: [plateau] })).toThrow("which needs a metric");
    expect(() => new SequentialLR(optimizer, { schedulers, milestones: [] })).toThrow("0 milestones for 2 schedulers");
    expect(() => new SequentialLR(optimizer, { schedulers, milestones: [-1] })).toThrow("milestones[0] -1");
    schedulers[1].step();
    expect(() => new SequentialLR(optimizer, { schedulers, milestones: [2] })).toThrow(
      "SequentialLR: scheduler 1 has been stepped before; make all of them anew",
    );
  });

  test("a step past the end of a cycle, which changes nothing", () => {
    const optimizer = sgd();
    const scheduler = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 2 });
    scheduler.step();
    scheduler.step();
    const before = rateOf(optimizer);
    expect(() => scheduler.step()).toThrow("OneCycleLR: step 3 of 2; make it with as many steps as you take");
    expect([rateOf(optimizer), scheduler.lastEpoch]).toEqual([before, 2]);
  });

  test("groups that came later", () => {
    const optimizer = sgd();
    const scheduler = new StepLR(optimizer, { stepSize: 1 });
    optimizer.addParamGroup({ params: [zeros([1]).requireGrad()] });
    expect(() => scheduler.step()).toThrow("StepLR: made for 1 groups, the optimiser has 2");
  });

  test("states of something else, all or nothing", () => {
    const optimizer = sgd();
    const schedulers = [new StepLR(optimizer, { stepSize: 1 }), new ExponentialLR(optimizer, { gamma: 0.5 })];
    const chain = new ChainedScheduler(optimizer, { schedulers });
    const good = chain.stateDict();
    chain.step();
    const before = chain.stateDict();
    const [step, exponential] = good.schedulers ?? [];
    for (const [bad, message] of [
      [null, "this is no state dict"],
      [step, "ChainedScheduler.loadStateDict: the state is one of StepLR"],
      [{ ...good, lastEpoch: 0.5 }, "lastEpoch 0.5"],
      [{ ...good, lastLr: [1, 2] }, "lastLr is of 2 groups, the optimiser has 1"],
      [{ ...good, lastLr: ["1"] }, "lastLr is no list of numbers"],
      [{ ...good, schedulers: [step] }, "the state has 1 schedulers, here are 2"],
      [{ ...good, schedulers: [step, step] }, "ExponentialLR.loadStateDict: the state is one of StepLR"],
      [{ ...good, schedulers: [step, { ...exponential, baseLrs: undefined }] }, "baseLrs is no list of numbers"],
    ] as const) {
      const load = (): void => chain.loadStateDict(bad as unknown as SchedulerStateDict);
      expect(load).toThrow(ArgumentError);
      expect(load).toThrow(message);
      expect(chain.stateDict()).toEqual(before);
    }
    const plateau = new ReduceLROnPlateau(sgd());
    const state = plateau.stateDict();
    expect(() => plateau.loadStateDict({ ...state, best: Number.NaN })).toThrow("best NaN");
    expect(() => plateau.loadStateDict({ ...state, badEpochs: -1 })).toThrow("badEpochs -1");
  });
});

test("errors name the public class, whatever a bundler makes of it", () => {
  const Renamed = class a extends SGD {};
  expect(() => new Renamed([])).toThrow("SGD: got no parameters");
  const Schedule = class b extends StepLR {};
  expect(() => new Schedule(sgd(), { stepSize: 0 })).toThrow("StepLR: stepSize 0");
  const adam = new (class c extends Adam {})([zeros([1]).requireGrad()]);
  expect(adam.name).toBe("Adam");
});
