import { ArgumentError, BackendError, DTypeError, GraphError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { Adagrad, Adam, AdamW, RMSprop, SGD } from "@unrolled/optim";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { type AnyOptimizer, fullOptions, make as makeByName, type OptimizerName } from "./support/optimizers.js";

setDefaultBackend(cpu());

const leaf = (values: number | number[]): Tensor => tensor(values, { dtype: "float64", requiresGrad: true });

/** Rosenbrock's valley, whose floor is at (1, 1). */
function rosenbrock(p: Tensor): Tensor {
  const [x, y] = p.unbind(0);
  const slope = y.sub(x.mul(x));
  return x.sub(1).square().add(slope.square().mul(100));
}

const rates: readonly (readonly [name: OptimizerName, options: object, goal: number])[] = [
  ["SGD", { lr: 1e-3 }, 1e-3],
  ["SGD", { lr: 1e-3, momentum: 0.9, nesterov: true }, 1e-3],
  ["Adam", { lr: 0.02 }, 1e-3],
  ["AdamW", { lr: 0.05, weightDecay: 0 }, 1e-3], // decay would move the floor
  ["RMSprop", { lr: 1e-3 }, 1e-3],
  ["Adagrad", { lr: 0.5 }, 1e-3],
  ["Adadelta", { lr: 0.1 }, 0.03],
  ["Adamax", { lr: 0.05 }, 1e-3],
  ["NAdam", { lr: 0.05 }, 1e-3],
  ["RAdam", { lr: 5e-3 }, 1e-3],
  ["Lion", { lr: 1e-3 }, 1e-3],
];

describe.each(rates)("%s %o", (name, options, goal) => {
  const make = (parameters: Tensor[]): AnyOptimizer => makeByName(name, parameters, options);

  test("step(fn) is PyTorch's three lines", () => {
    const [a, b] = [leaf([-1.2, 1]), leaf([-1.2, 1])];
    const [whole, threeLines] = [make([a]), make([b])];
    for (let i = 0; i < 5; i++) {
      const loss = whole.step(() => rosenbrock(a));
      threeLines.zeroGrad();
      const other = rosenbrock(b);
      other.backward();
      threeLines.step();
      expect(loss.item()).toBe(other.item());
      expect(loss.requiresGrad).toBe(false);
      expect(a.toArray()).toEqual(b.toArray());
      expect(a.grad?.toArray()).toEqual(b.grad?.toArray());
    }
  });

  test("finds its way down Rosenbrock's valley", () => {
    const p = leaf([-1.2, 1]);
    const optimizer = make([p]);
    const first = optimizer.step(() => rosenbrock(p)).item();
    expect(first).toBeCloseTo(24.2, 10);
    let loss = first;
    for (let i = 0; i < 8000 && loss > goal; i++) loss = optimizer.step(() => rosenbrock(p)).item();
    expect(loss).toBeLessThanOrEqual(goal);
    expect(p.isLeaf && p.requiresGrad).toBe(true);
  });

  test("leaves parameters without a gradient alone", () => {
    const [used, unused] = [leaf([1]), leaf([5])];
    const optimizer = make([used, unused]);
    for (let i = 0; i < 2; i++) optimizer.step(() => used.square().sum());
    expect(unused.toArray()).toEqual([5]);
    expect(used.toArray()).not.toEqual([1]);
  });

  test("refuses a function that gives no loss, and forgets no value", () => {
    const p = leaf([1]);
    const optimizer = make([p]);
    const async = (async () => p.square().sum()) as unknown as () => Tensor;
    expect(() => optimizer.step(async)).toThrow(ArgumentError);
    expect(() => optimizer.step(async)).toThrow("step: the function did not return a tensor; make it synchronous");
    expect(() => optimizer.step(() => leaf([1]).detach().sum())).toThrow(GraphError);
    const options = { clipGradNorm: 1 } as unknown as () => Tensor;
    expect(() => optimizer.step(options)).toThrow("step: got { clipGradNorm: 1 } where a function goes");
    expect(p.toArray()).toEqual([1]);
  });

  test("after the model has moved, moves its state and goes on", async () => {
    const [moved, stays] = [leaf([-1.2, 1]), leaf([-1.2, 1])];
    const [a, b] = [make([moved]), make([stays])];
    a.step(() => rosenbrock(moved));
    b.step(() => rosenbrock(stays));
    await moved.moveTo_(decomposed);
    if ([...a.namedTensors()].length > 0) {
      expect(() => a.step(() => rosenbrock(moved))).toThrow(BackendError);
      expect(() => a.step(() => rosenbrock(moved))).toThrow(
        `${name}: a parameter is on cpu-decomposed, its state on cpu; after moving the model: await optimizer.to`,
      );
    }
    expect(await a.to(decomposed)).toBe(a);
    a.step(() => rosenbrock(moved));
    b.step(() => rosenbrock(stays));
    expect(moved.backend).toBe(decomposed);
    moved.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(stays.dataSync()[i], 12);
    });
  });
});

describe("groups", () => {
  test("have rates of their own, and the optimiser's other options", () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.25, weightDecay: 1 });
    expect(optimizer.paramGroups.map(({ lr, weightDecay }) => [lr, weightDecay])).toEqual([
      [0.25, 1],
      [0.5, 1],
    ]);
    optimizer.step(() => a.add(b).sum());
    expect([a.item(), b.item()]).toEqual([1 - 0.25 * 2, 1 - 0.5 * 2]);
  });

  test("may be changed between steps", () => {
    const p = leaf([0]);
    const optimizer = new SGD([p], { lr: 1 });
    const moves = [1, 0.5, 0].map((lr) => {
      optimizer.paramGroups[0].lr = lr;
      const before = p.item();
      optimizer.step(() => p.sum());
      return before - p.item();
    });
    expect(moves).toEqual([1, 0.5, 0]);
  });

  test("keep Adam's state apart by parameter and by option", () => {
    const [a, b] = [leaf([1]), leaf([1, 2])];
    const optimizer = new Adam([{ params: [a], amsgrad: true }, { params: [b] }]);
    expect([...optimizer.namedTensors()].map(([name, { shape }]) => [name, shape])).toEqual([
      ["exp_avg.0", [1]],
      ["exp_avg.1", [2]],
      ["exp_avg_sq.0", [1]],
      ["exp_avg_sq.1", [2]],
      ["max_exp_avg_sq.0", [1]],
    ]);
  });

  test("SGD has state where there is momentum", () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const names = (optimizer: SGD): string[] => [...optimizer.namedTensors()].map(([name]) => name);
    expect(names(new SGD([a]))).toEqual([]);
    expect(names(new SGD([{ params: [a] }, { params: [b], momentum: 0.5 }]))).toEqual(["momentum_buffer.1"]);
  });

  test("may get momentum later, undampened at first as in PyTorch", () => {
    const p = leaf([0]);
    const optimizer = new SGD([p], { lr: 1, dampening: 0.5 });
    const moves = [0, 0.5, 0.5].map((momentum) => {
      optimizer.paramGroups[0].momentum = momentum;
      const before = p.item();
      optimizer.step(() => p.sum());
      return before - p.item();
    });
    expect(moves).toEqual([1, 1, 0.5 + 0.5]);
    const other = leaf([0]);
    const rmsprop = new RMSprop([other], { lr: 1 });
    rmsprop.step(() => other.sum());
    rmsprop.paramGroups[0].momentum = 0.5;
    expect(() => rmsprop.step(() => other.sum())).not.toThrow();
  });

  test("cannot switch on amsgrad later, which needs every step", () => {
    const p = leaf([1]);
    const adam = new AdamW([p]);
    adam.paramGroups[0].amsgrad = true;
    expect(() => adam.step(() => p.sum())).toThrow("AdamW: amsgrad was switched on");
    expect(p.toArray()).toEqual([1]);
  });

  test("can be added, with state of their own", () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const optimizer = new Adam([a], { lr: 0.5, amsgrad: true });
    optimizer.step(() => a.sum());
    optimizer.addParamGroup({ params: [b], lr: 0.25 });
    expect(optimizer.paramGroups.map(({ lr, amsgrad }) => [lr, amsgrad])).toEqual([
      [0.5, true],
      [0.25, true],
    ]);
    optimizer.step(() => a.add(b).sum());
    expect(b.item()).toBeCloseTo(0.75, 6);
    expect([...optimizer.namedTensors()].map(([name]) => name)).toContain("max_exp_avg_sq.1");
    const before = optimizer.paramGroups.length;
    expect(() => optimizer.addParamGroup({ params: [b] })).toThrow("Adam: a parameter is listed twice");
    expect(() => optimizer.addParamGroup({ params: [leaf(1)], lr: -1 })).toThrow("Adam: lr -1");
    expect(() => optimizer.addParamGroup({ params: [leaf(1)], rate: 1 } as object as { params: Tensor[] })).toThrow(
      "Adam: unknown option rate",
    );
    expect(optimizer.paramGroups).toHaveLength(before);
  });
});

describe.each(fullOptions)("%s %o", (name, options) => {
  test("goes up with maximize as down with the gradient turned round", () => {
    const [up, down] = [leaf([0.3, -2]), leaf([0.3, -2])];
    const optimizers = [makeByName(name, [up], { ...options, maximize: true }), makeByName(name, [down], options)];
    for (let i = 0; i < 8; i++) {
      up.grad = tensor([i - 3, 1], { dtype: "float64" });
      down.grad = tensor([3 - i, -1], { dtype: "float64" });
      for (const optimizer of optimizers) optimizer.step();
      expect(up.toArray()).toEqual(down.toArray());
    }
  });

  test("stays finite under gradients of 0 and gradients that never change", () => {
    const p = leaf([1, 1]);
    const optimizer = makeByName(name, [p], options);
    for (let i = 0; i < 300; i++) {
      p.grad = tensor([0, 0.1], { dtype: "float64" });
      optimizer.step();
    }
    expect([...p.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

test("a centred RMSprop survives rounding that takes its variance below 0", () => {
  const p = leaf([1, 1, 1, 1]);
  const optimizer = new RMSprop([p], { alpha: 0.5, centered: true, eps: 1 });
  for (let i = 0; i < 100; i++) {
    p.grad = tensor([0.1, 0.3, 0.7, 1.3], { dtype: "float64" });
    optimizer.step();
  }
  expect([...p.dataSync()].every(Number.isFinite)).toBe(true);
});

test("a group's own initialAccumulatorValue counts", () => {
  const [a, b] = [leaf([0]), leaf([0])];
  const optimizer = new Adagrad([{ params: [a] }, { params: [b], initialAccumulatorValue: 8 }], { lr: 1, eps: 0 });
  optimizer.step(() => a.add(b).sum());
  expect([a.item(), b.item()]).toEqual([-1, -1 / 3]);
});

describe("refuses", () => {
  const p = leaf([1]);

  test.each([
    [{ lr: -1 }, "lr -1; use a number of 0 or more"],
    [{ lr: Number.NaN }, "lr NaN"],
    [{ momentum: -0.1 }, "momentum -0.1"],
    [{ weightDecay: -1 }, "weightDecay -1"],
    [{ nesterov: true }, "nesterov needs momentum above 0 and no dampening"],
    [{ nesterov: true, momentum: 0.9, dampening: 0.1 }, "nesterov needs momentum above 0 and no dampening"],
  ])("SGD %o", (options, message) => {
    expect(() => new SGD([p], options)).toThrow(ArgumentError);
    expect(() => new SGD([p], options)).toThrow(`SGD: ${message}`);
    expect(() => new SGD([{ params: [p], ...options }])).toThrow(`SGD: ${message}`);
  });

  const all: readonly OptimizerName[] = [...new Set(fullOptions.map(([name]) => name))];
  const withBetas: readonly OptimizerName[] = ["Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Lion"];
  const withEps: readonly OptimizerName[] = ["Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam"];
  test.each<[readonly OptimizerName[], object, string]>([
    [all, { lr: -1 }, "lr -1; use a number of 0 or more"],
    [all, { lr: { max: 0.1 } }, "lr { max: 0.1 }; use a number"],
    [all, { lr: "0.1" }, 'lr "0.1"; use a number'],
    [all, { lr: Number.POSITIVE_INFINITY }, "lr Infinity"],
    [all, { weightDecay: -1 }, "weightDecay -1"],
    [all, { maximize: 1 }, "maximize 1; use a boolean"],
    [withBetas, { betas: [1, 0.9] }, "betas[0] 1; use a number from 0 to below 1"],
    [withBetas, { betas: [0.9, -0.1] }, "betas[1] -0.1"],
    [withBetas, { betas: [0.9] }, "betas [0.9]; use a list of 2 numbers"],
    [withEps, { eps: -1 }, "eps -1"],
    [["RMSprop"], { alpha: -1 }, "alpha -1"],
    [["RMSprop"], { momentum: -1 }, "momentum -1"],
    [["Adagrad"], { lrDecay: -1 }, "lrDecay -1"],
    [["Adagrad"], { initialAccumulatorValue: -1 }, "initialAccumulatorValue -1"],
    [["Adadelta"], { rho: 1.1 }, "rho 1.1; use a number from 0 to 1"],
    [["NAdam"], { momentumDecay: -1 }, "momentumDecay -1"],
    [["Lion"], { eps: 1 }, "unknown option eps"],
  ])("%s with %o", (names, options, message) => {
    for (const name of names) {
      expect(() => makeByName(name, [p], options)).toThrow(ArgumentError);
      expect(() => makeByName(name, [p], options)).toThrow(`${name}: ${message}`);
    }
  });

  test("parameters that are none", () => {
    expect(() => new SGD([])).toThrow("SGD: got no parameters; pass model.parameters()");
    expect(() => new SGD([{ params: [] }])).toThrow("SGD: got no parameters");
    expect(() => new SGD([p, p])).toThrow("SGD: a parameter is listed twice; list each once");
    expect(() => new SGD([{ params: [p] }, { params: [p] }])).toThrow("SGD: a parameter is listed twice");
    expect(() => new Adam([p.mul(2)])).toThrow(GraphError);
    expect(() => new Adam([p.mul(2)])).toThrow("Adam: a parameter was computed from other tensors");
    expect(() => new Adam([tensor([1], { dtype: "int32" })])).toThrow(DTypeError);
    expect(() => new SGD([p, { params: [] }] as unknown as Tensor[])).toThrow("SGD: tensors and groups are mixed");
  });

  test("a gradient of a wrong shape or dtype", () => {
    const parameter = leaf([1, 2]);
    const optimizer = new SGD([parameter]);
    parameter.grad = tensor([1], { dtype: "float64" });
    expect(() => optimizer.step()).toThrow("SGD: gradient of [1] for a parameter of [2]");
    parameter.grad = tensor([1, 2]);
    expect(() => optimizer.step()).toThrow(DTypeError);
  });
});

test("options that nobody reads are refused, also in groups; undefined ones are defaults", () => {
  const misspelt = { weight_decay: 0.1 } as object;
  expect(() => new Adam([leaf(1)], misspelt)).toThrow(/Adam: unknown option weight_decay; did you mean weightDecay\?/);
  expect(() => new SGD([{ params: [leaf(1)], ...misspelt }])).toThrow(/SGD: unknown option weight_decay/);
  expect(new SGD([leaf(1)], { lr: undefined } as object).paramGroups[0].lr).toBe(1e-3);
});

test("a model in place of its parameters, or a rate in place of options, is refused in words", () => {
  const loose = Adam as unknown as new (...args: unknown[]) => unknown;
  expect(() => new loose({ forward: () => leaf(1) })).toThrow(
    /Adam: the parameters are no list; pass model.parameters\(\)/,
  );
  expect(() => new loose([leaf(1)], 0.1)).toThrow(/Adam: got number 0.1 where options go/);
});
