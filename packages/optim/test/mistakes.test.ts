import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import {
  Adam,
  ChainedScheduler,
  clipGradNorm,
  clipGradValue,
  ExponentialLR,
  LinearLR,
  type OptimizerInput,
  ReduceLROnPlateau,
  type SchedulerStateDict,
  SequentialLR,
  SGD,
  type SGDOptions,
  StepLR,
} from "@unrolled/optim";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";

setDefaultBackend(cpu());

const leaf = (): Tensor => tensor([1], { requiresGrad: true });
const step = (optimizer: SGD, w: Tensor): Tensor => optimizer.step(() => w.mul(w).sum());

/** As from JavaScript. */
const loose = (value: unknown): Iterable<Tensor> => value as Iterable<Tensor>;

/** What `Module` looks like from here. */
class Model {
  readonly w: Tensor = leaf();
  parameters(): Tensor[] {
    return [this.w];
  }
  *namedParameters(): Generator<readonly [string, Tensor]> {
    yield ["w", this.w];
  }
}

describe("what is no list of parameters is named, with the remedy", () => {
  const model = new Model();
  const calls: [op: string, call: (value: unknown) => unknown][] = [
    ["clipGradNorm", (value) => clipGradNorm(loose(value), 1)],
    ["clipGradValue", (value) => clipGradValue(loose(value), 1)],
    ["Adam", (value) => new Adam(loose(value))],
  ];
  test.each(calls)("%s", (op, call) => {
    const told = (value: unknown, message: string): void => {
      expect(() => call(value)).toThrow(
        expect.objectContaining({ message: expect.stringContaining(`${op}: ${message}`) }),
      );
    };
    told(model, "got a module where its parameters go");
    expect(() => call(model)).toThrow(ArgumentError);
    expect(() => call(model)).toThrow("model.parameters()");
    told(model.namedParameters(), "got pairs of names and tensors");
    expect(() => call([...model.namedParameters()])).toThrow("model.parameters()");
    told(model.w, "got one tensor where a list of parameters goes");
    told(undefined, "the parameters are no list");
    told([1], "a parameter is no tensor but number");
    told([null], "a parameter is null");
  });

  test("in a group, too", () => {
    const groups = [{ params: model }] as unknown as OptimizerInput<SGDOptions>;
    expect(() => new SGD(groups)).toThrow("SGD: got a module where its parameters go");
    const group = { params: [model.w] } as unknown as OptimizerInput<SGDOptions>;
    expect(() => new SGD(group)).toThrow("got one group where a list goes");
  });
});

test("a group may be of a single tensor, as in PyTorch", () => {
  const [v, w] = [leaf(), leaf()];
  const optimizer = new SGD([{ params: v, lr: 0.25 }]);
  optimizer.addParamGroup({ params: w, lr: 0.125 });
  optimizer.step(() => v.add(w).sum());
  expect([v.item(), w.item()]).toEqual([0.75, 0.875]);
  expect(optimizer.paramGroups[0].params).toEqual([v]);
});

test.each([Number.NaN, -0.1, Number.POSITIVE_INFINITY, undefined])(
  "a rate set to %s is refused at the next step",
  (lr) => {
    const [v, w] = [leaf(), leaf()];
    const optimizer = new SGD([{ params: v }, { params: w }]);
    optimizer.paramGroups[1].lr = lr as number;
    const attempt = (): Tensor => optimizer.step(() => v.add(w).sum());
    expect(attempt).toThrow(ArgumentError);
    expect(attempt).toThrow(`SGD: paramGroups[1].lr ${lr}`);
    expect([v.item(), w.item()]).toEqual([1, 1]);
    optimizer.paramGroups[1].lr = 0;
    expect(attempt).not.toThrow();
  },
);

describe("a schedule's step before the optimiser's first", () => {
  let warn: MockInstance<typeof console.warn>;
  beforeEach(() => {
    warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  });
  afterEach(() => {
    warn.mockRestore();
  });
  const make = (): { w: Tensor; optimizer: SGD; scheduler: StepLR } => {
    const w = leaf();
    const optimizer = new SGD([w], { lr: 0.1 });
    return { w, optimizer, scheduler: new StepLR(optimizer, { stepSize: 2 }) };
  };

  test("warns once", () => {
    const { scheduler } = make();
    scheduler.step();
    scheduler.step();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(
      /StepLR: step\(\) came before the first step of SGD.*optimizer\.step\(\) first/,
    );
  });

  test("warns once of schedules made of others", () => {
    const { optimizer } = make();
    const decay = new ExponentialLR(optimizer, { gamma: 0.5 });
    new ChainedScheduler(optimizer, { schedulers: [decay, new StepLR(optimizer, { stepSize: 2 })] }).step();
    expect(warn).toHaveBeenCalledTimes(1);
    const other = make().optimizer;
    const schedulers = [new LinearLR(other), new ExponentialLR(other, { gamma: 0.5 })];
    new SequentialLR(other, { schedulers, milestones: [1] }).step();
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn.mock.calls[1][0]).toMatch(/^SequentialLR/);
  });

  test("not in the right order, nor of a plateau", () => {
    const { w, optimizer, scheduler } = make();
    step(optimizer, w);
    scheduler.step();
    const plateau = new ReduceLROnPlateau(make().optimizer);
    plateau.step(1);
    expect(warn).not.toHaveBeenCalled();
  });

  test("not on going on from saved states", () => {
    const first = make();
    step(first.optimizer, first.w);
    const early = first.scheduler.stateDict();
    first.scheduler.step();
    const saved = first.optimizer.stateDict();
    const resume = (state: SchedulerStateDict, withOptimizer: boolean): void => {
      const { optimizer, scheduler } = make();
      if (withOptimizer) optimizer.loadStateDict(saved);
      scheduler.loadStateDict(state);
      scheduler.step();
    };
    resume(first.scheduler.stateDict(), false);
    resume(early, true);
    expect(warn).not.toHaveBeenCalled();
  });
});

test("a plateau's step without a metric does not compile, and is refused", () => {
  const scheduler = new ReduceLROnPlateau(new SGD([leaf()]));
  // @ts-expect-error: the metric is missing
  expect(() => scheduler.step()).toThrow("ReduceLROnPlateau: step without a metric");
});

test("the state moves to a backend, not to the promise or the maker of one", async () => {
  const optimizer = new SGD([leaf()]);
  const promise = Promise.resolve(cpu()) as unknown as ReturnType<typeof cpu>;
  await expect(optimizer.to(promise)).rejects.toThrow("to: got a promise where a backend goes; await it");
  await expect(optimizer.to(cpu as unknown as ReturnType<typeof cpu>)).rejects.toThrow("call it: cpu()");
});
