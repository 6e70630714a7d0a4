import { ArgumentError, type HostTensor } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import {
  Adam,
  ExponentialLR,
  joinStateDict,
  NAdam,
  OneCycleLR,
  type OptimizerStateDict,
  SGD,
  splitStateDict,
} from "@unrolled/optim";
import { referenceBackend } from "@unrolled/testkit";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type AnyOptimizer, fullOptions, make } from "./support/optimizers.js";

setDefaultBackend(cpu());
// some schedules here are stepped with no optimiser's step before, which warns
beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

const startValues = [
  [0.5, -0.25, 2],
  [1, 3],
];
const leavesOf = (values: readonly number[][], dtype: "float32" | "float64" = "float32"): Tensor[] =>
  values.map((value) => tensor(value, { dtype, requiresGrad: true }));
const valuesOf = (leaves: readonly Tensor[]): number[][] => leaves.map((leaf) => [...leaf.dataSync()]);

function run(optimizer: AnyOptimizer, leaves: readonly Tensor[], steps: number): void {
  const lossOf = (leaf: Tensor): Tensor => leaf.square().mul(leaf.add(1)).tanh().sum();
  for (let i = 0; i < steps; i++) {
    const loss = optimizer.step(() => leaves.map(lossOf).reduce((sum, term) => sum.add(term)));
    loss.dispose();
  }
}

/** As written to files and read again. */
function throughFiles(state: OptimizerStateDict): OptimizerStateDict<HostTensor> {
  const { tensors, meta } = splitStateDict(state);
  const host = Object.entries(tensors).map(([name, { shape, dtype, dataSync }]): [string, HostTensor] => [
    name,
    { data: dataSync.call(tensors[name]), shape, dtype },
  ]);
  return joinStateDict(Object.fromEntries(host), JSON.parse(JSON.stringify(meta)));
}

describe.each(fullOptions)("%s %o", (name, options) => {
  const groupsOf = ([a, b]: Tensor[], lr: number): { params: Tensor[] }[] => [
    { params: [a] },
    { params: [b], lr } as { params: Tensor[] },
  ];

  test.each([
    ["as it is", (state: OptimizerStateDict) => state],
    ["through files", throughFiles],
  ])("ten steps are five, and five more from a state dict %s, to the bit", (_way, pass) => {
    const whole = leavesOf(startValues);
    run(make(name, groupsOf(whole, 0.03), options), whole, 10);

    const before = leavesOf(startValues);
    const first = make(name, groupsOf(before, 0.03), options);
    run(first, before, 5);
    const state = pass(first.stateDict());
    const after = leavesOf(valuesOf(before));
    run(first, before, 3); // a snapshot does not move on
    const second = make(name, groupsOf(after, 0.5)); // the state brings its options along
    second.loadStateDict(state);
    run(second, after, 5);
    expect(valuesOf(after)).toEqual(valuesOf(whole));
    const [a, b] = [first, second].map(({ paramGroups }) => paramGroups.map(({ params: _, ...rest }) => rest));
    expect(b).toEqual(a);
  });

  test("before the first step there is no state, and loading that forgets", () => {
    const [leaves, others] = [leavesOf(startValues), leavesOf(startValues)];
    const [used, fresh] = [make(name, leaves, options), make(name, others, options)];
    expect(fresh.stateDict().state).toEqual({});
    run(used, leaves, 3);
    used.loadStateDict(fresh.stateDict());
    leaves.forEach((leaf, i) => {
      leaf.requireGrad(false).assign_(tensor(startValues[i])).requireGrad();
    });
    run(used, leaves, 2);
    run(fresh, others, 2);
    expect(valuesOf(leaves)).toEqual(valuesOf(others));
  });

  test("loads into itself, and leaves no buffer behind on a device", () => {
    const device = referenceBackend();
    const leaf = tensor([1, 2, 3], { backend: device, requiresGrad: true });
    const optimizer = make(name, [leaf], options);
    run(optimizer, [leaf], 2);
    const { buffers } = device.memory();
    for (let i = 0; i < 3; i++) {
      const state = optimizer.stateDict();
      optimizer.loadStateDict(state);
      for (const snapshot of Object.values(splitStateDict(state).tensors)) snapshot.dispose();
      run(optimizer, [leaf], 1);
      expect(device.memory().buffers).toBe(buffers);
    }
  });
});

test("with a schedule that cycles momentum, ten steps are five, and five more from both states", () => {
  const start = (leaves: Tensor[]): [SGD, OneCycleLR] => {
    const optimizer = new SGD(leaves);
    return [optimizer, new OneCycleLR(optimizer, { maxLr: 0.2, totalSteps: 12 })];
  };
  const go = (leaves: Tensor[], [optimizer, scheduler]: [SGD, OneCycleLR], steps: number): void => {
    for (let i = 0; i < steps; i++) {
      run(optimizer, leaves, 1);
      scheduler.step();
    }
  };
  const whole = leavesOf(startValues);
  go(whole, start(whole), 10);
  const before = leavesOf(startValues);
  const first = start(before);
  go(before, first, 5);
  const after = leavesOf(valuesOf(before));
  const second = start(after);
  second[0].loadStateDict(throughFiles(first[0].stateDict()));
  second[1].loadStateDict(JSON.parse(JSON.stringify(first[1].stateDict())));
  go(after, second, 5);
  expect(valuesOf(after)).toEqual(valuesOf(whole));
});

test("a state saved without a schedule has no rate of the beginning", () => {
  const [plain, scheduled] = [new SGD(leavesOf(startValues)), new SGD(leavesOf(startValues), { lr: 0.5 })];
  const scheduler = new ExponentialLR(scheduled, { gamma: 0.5 });
  scheduler.step();
  expect(scheduled.stateDict().paramGroups[0]).toMatchObject({ lr: 0.25, initialLr: 0.5 });
  scheduled.loadStateDict(plain.stateDict());
  expect(scheduled.paramGroups[0]).not.toHaveProperty("initialLr");
  expect(scheduled.paramGroups[0].lr).toBe(1e-3);
});

test("is laid out as PyTorch's", () => {
  const [a, b] = leavesOf(startValues);
  const optimizer = new Adam([{ params: [a] }, { params: [b], lr: 0.5, amsgrad: true }]);
  optimizer.step(() => b.sum());
  const { state, paramGroups } = optimizer.stateDict();
  expect(Object.keys(state)).toEqual(["1"]);
  expect(Object.keys(state[1]).sort()).toEqual(["exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step"]);
  expect(state[1].step).toBe(1);
  expect((state[1].exp_avg as Tensor).shape).toEqual([2]);
  const shared = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false, maximize: false };
  expect(paramGroups).toEqual([
    { ...shared, lr: 1e-3, amsgrad: false, params: [0] },
    { ...shared, lr: 0.5, amsgrad: true, params: [1] },
  ]);
  const nadam = new NAdam([a]);
  nadam.step(() => a.sum());
  expect(Object.keys(nadam.stateDict().state[0]).sort()).toEqual(["exp_avg", "exp_avg_sq", "mu_product", "step"]);
  const sgd = new SGD([a], { momentum: 0.9 });
  sgd.step(() => a.sum());
  expect(Object.keys(sgd.stateDict().state[0])).toEqual(["momentum_buffer"]);
  expect(Object.keys(splitStateDict(sgd.stateDict()).tensors)).toEqual([...sgd.namedTensors()].map(([name]) => name));
});

test("takes PyTorch's step counts, which are tensors, and another dtype", () => {
  const [leaves, others] = [leavesOf(startValues, "float64"), leavesOf(startValues, "float64")];
  const [source, target] = [new Adam(leaves), new Adam(others)];
  run(source, leaves, 3);
  const { state, paramGroups } = source.stateDict();
  const asTensors = Object.entries(state).map(([i, entries]) => [i, { ...entries, step: tensor(3) }]);
  target.loadStateDict({ state: Object.fromEntries(asTensors), paramGroups });
  expect(target.stateDict().state[1].step).toBe(3);
  const singles = leavesOf(startValues);
  const single = new Adam(singles);
  single.loadStateDict({ state, paramGroups });
  expect((single.stateDict().state[0].exp_avg as Tensor).dtype).toBe("float32");
});

describe("what does not fit is refused, listed, and changes nothing", () => {
  const leaves = leavesOf(startValues);
  const saved = new Adam(leaves, { lr: 0.5 });
  run(saved, leaves, 1);
  const good = saved.stateDict();
  const [first, second] = [good.state[0], good.state[1]];
  const [group] = good.paramGroups;
  const without = (entries: object, key: string): object =>
    Object.fromEntries(Object.entries(entries).filter(([name]) => name !== key));
  const disposed = tensor([1, 2, 3]);
  disposed.dispose();

  test.each<[string, unknown, string]>([
    ["no state dict", {}, "this is no state dict; give { state, paramGroups }"],
    ["null", null, "this is no state dict"],
    ["groups that are none", { ...good, paramGroups: [null] }, "this is no state dict"],
    [
      "a missing entry",
      { ...good, state: { 0: without(first, "exp_avg"), 1: without(second, "step") } },
      "missing: exp_avg.0; missing: step.1",
    ],
    ["an unknown entry", { ...good, state: { 0: { ...first, foo: 1 } } }, "unexpected: foo.0"],
    [
      "another shape",
      { ...good, state: { 0: { ...first, exp_avg: tensor([1]) }, 1: { ...second, exp_avg_sq: tensor([[1, 2]]) } } },
      "exp_avg.0 is [1] for a parameter of [3]; exp_avg_sq.1 is [1, 2] for a parameter of [2]",
    ],
    ["a number for a tensor", { ...good, state: { 0: { ...first, exp_avg: 1 } } }, "exp_avg.0 is no tensor"],
    ["a tensor for a number", { ...good, state: { 0: { ...first, step: tensor([1, 2]) } } }, "step.0 is no number"],
    ["a disposed tensor", { ...good, state: { 0: { ...first, exp_avg: disposed } } }, "exp_avg.0 was disposed of"],
    [
      "a tensor elsewhere",
      { ...good, state: { 0: { ...first, exp_avg: tensor([1, 2, 3], { backend: referenceBackend() }) } } },
      "exp_avg.0 is on reference, the parameter on cpu",
    ],
    [
      "data that does not fill its shape",
      { ...good, state: { 0: { ...first, exp_avg: { data: Float32Array.of(1), shape: [3], dtype: "float32" } } } },
      "exp_avg.0 has 1 elements, not 3",
    ],
    ["state of no parameter", { ...good, state: { 7: first } }, "state of parameters that no group has: 7"],
    ["fewer groups", { ...good, paramGroups: [] }, "saved were groups of [] parameters, here are [2]"],
    [
      "fewer parameters",
      { ...good, paramGroups: [{ ...group, params: [0] }] },
      "saved were groups of [1] parameters, here are [2]",
    ],
    ["an unknown option", { ...good, paramGroups: [{ ...group, momentum: 1 }] }, "unknown option momentum"],
    ["a missing option", { ...good, paramGroups: [without(group, "eps")] }, "group 0: Adam: missing: eps"],
    ["an option out of range", { ...good, paramGroups: [{ ...group, lr: -1 }] }, "group 0: Adam: lr -1"],
    ["amsgrad without its state", { ...good, paramGroups: [{ ...group, amsgrad: true }] }, "missing: max_exp_avg_sq.0"],
  ])("%s", (_what, state, message) => {
    const fresh = leavesOf(startValues);
    const optimizer = new Adam(fresh);
    run(optimizer, fresh, 1);
    const before = throughFiles(optimizer.stateDict());
    const load = (): void => optimizer.loadStateDict(state as OptimizerStateDict);
    expect(load).toThrow(ArgumentError);
    expect(load).toThrow("Adam.loadStateDict: ");
    expect(load).toThrow(message);
    expect(throughFiles(optimizer.stateDict())).toEqual(before);
  });

  test("names that are none, when a state dict is put together", () => {
    const { tensors, meta } = splitStateDict(good);
    expect(() => joinStateDict({ ...tensors, weight: tensor(1) }, meta)).toThrow("a tensor is named weight");
    expect(() => joinStateDict(tensors, {} as OptimizerStateDict<never>)).toThrow("joinStateDict: meta has no state");
  });
});
