import type { Backend, Graph } from "@unrolled/backend";
import { ArgumentError, GraphError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  compile,
  interpreter,
  type NamedTensors,
  ones,
  setDefaultBackend,
  type Tensor,
  tensor,
  trace,
} from "@unrolled/core";
import { Adam, type Group, LambdaLR, OneCycleLR, SGD } from "@unrolled/optim";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { type AnyOptimizer, fullOptions, make, type OptimizerName } from "./support/optimizers.js";

setDefaultBackend(cpu());

const f64 = (data: number[][]): Tensor => tensor(data, { dtype: "float64" });
const x = f64([
  [1, -2],
  [0.5, 3],
  [0.25, -1],
]);

class Net implements NamedTensors {
  readonly w = f64([[0.3], [-0.7]]).requireGrad();
  readonly b = f64([[0.1]]).requireGrad();

  namedTensors(): [string, Tensor][] {
    return [
      ["w", this.w],
      ["b", this.b],
    ];
  }

  loss(input: Tensor): Tensor {
    return input.matmul(this.w).tanh().add(this.b).sub(0.5).square().mean();
  }
}

interface Setup {
  readonly net: Net;
  readonly optimizer: AnyOptimizer;
}

const setup = (name: OptimizerName, options: object): Setup => {
  const net = new Net();
  return { net, optimizer: make(name, [net.w, net.b], options) };
};

/** Everything that an optimiser and a model are made of, as numbers. */
function numbersOf({ net, optimizer }: Setup): unknown {
  const { state, paramGroups } = optimizer.stateDict();
  const plain = Object.entries(state).map(([i, entries]) => [
    i,
    Object.entries(entries).map(([name, value]) => [name, typeof value === "number" ? value : value.toArray()]),
  ]);
  return { w: net.w.toArray(), b: net.b.toArray(), plain, paramGroups, hasStepped: optimizer.hasStepped };
}

/** Eager steps and compiled ones, the rate changed by a schedule in between, end in the same numbers. */
async function expectCompiledAsEager(
  [eager, compiled]: readonly [Setup, Setup],
  backend: Backend,
  schedule: (optimizer: AnyOptimizer) => { step(): void },
): Promise<Graph> {
  const [eagerSchedule, compiledSchedule] = [schedule(eager.optimizer), schedule(compiled.optimizer)];
  const step = compile(
    (input: Tensor) => compiled.optimizer.step(() => compiled.net.loss(input), { clipGradNorm: 0.5 }),
    {
      state: [compiled.net, compiled.optimizer],
      runner: interpreter(backend),
    },
  );
  for (let i = 0; i < 8; i++) {
    const expected = eager.optimizer.step(() => eager.net.loss(x), { clipGradNorm: 0.5 }).item();
    expect((await step.run(x)).item()).toBeCloseTo(expected, 12);
    eagerSchedule.step();
    compiledSchedule.step();
  }
  const graph = step.graph() as Graph;
  await step.sync();
  expectNear(numbersOf(compiled), numbersOf(eager));
  await step.dispose();
  return graph;
}

function expectNear(actual: unknown, expected: unknown): void {
  if (typeof expected === "number") expect(actual).toBeCloseTo(expected, 12);
  else if (typeof expected !== "object" || expected === null) expect(actual).toBe(expected);
  else {
    expect(Object.keys(actual as object)).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) expectNear((actual as Record<string, unknown>)[key], value);
  }
}

const falling = (optimizer: AnyOptimizer): LambdaLR => new LambdaLR(optimizer, { lrLambda: (epoch) => 0.8 ** epoch });

describe.each([cpu(), decomposed])("a compiled step on $name", (backend) => {
  test.each<[OptimizerName, object]>([
    ...fullOptions.map(([name, options]): [OptimizerName, object] => [name, options]),
    ["SGD", { lr: 0.1, momentum: 0.9, nesterov: true, maximize: true }],
    ["Adam", { lr: 0.05, weightDecay: 0.1, betas: [0, 0.5] }],
    ["AdamW", { lr: 0.05 }],
    ["Adagrad", { lr: 0.1 }],
    ["NAdam", { lr: 0.05 }],
    ["RAdam", { lr: 0.05, weightDecay: 0.1, decoupledWeightDecay: true }],
    ["Lion", { lr: 0.01 }],
  ])("of %s with %o ends where the eager one does, on a schedule", async (name, options) => {
    await expectCompiledAsEager([setup(name, options), setup(name, options)], backend, falling);
  });

  test.each<OptimizerName>(["SGD", "Adam", "NAdam", "RAdam"])(
    "of %s goes on after eager steps, and before",
    async (name) => {
      const options = name === "SGD" ? { lr: 0.1, momentum: 0.9, dampening: 0.5 } : { lr: 0.05 };
      const pair = [setup(name, options), setup(name, options)] as const;
      for (let i = 0; i < 3; i++) for (const { net, optimizer } of pair) optimizer.step(() => net.loss(x));
      await expectCompiledAsEager(pair, backend, falling);
      for (const { net, optimizer } of pair) optimizer.step(() => net.loss(x));
      expectNear(numbersOf(pair[1]), numbersOf(pair[0]));
    },
  );
});

const namesOf = (graph: Graph | null): string[] => (graph?.inputs ?? []).map(({ name }) => name);

describe("the inputs that the host fills", () => {
  const compiled = ({ net, optimizer }: Setup, also: AnyOptimizer[] = []) =>
    compile(
      (input: Tensor) => {
        const loss = optimizer.step(() => net.loss(input));
        for (const other of also) other.step();
        return loss;
      },
      { state: [net, optimizer, ...also] },
    );

  test.each<[OptimizerName, object, string[]]>([
    ["SGD", {}, ["SGD.0.lr"]],
    ["SGD", { momentum: 0.9, dampening: 0.1 }, ["SGD.0.gain", "SGD.0.lr"]],
    ["Adam", {}, ["Adam.0.lr", "Adam.0.step_size", "Adam.0.second_correction"]],
    ["AdamW", {}, ["AdamW.0.lr", "AdamW.0.step_size", "AdamW.0.second_correction"]],
    ["RAdam", {}, ["RAdam.0.mean_step", "RAdam.0.adaptive_step"]],
    ["Adagrad", { lrDecay: 0.1 }, ["Adagrad.0.rate"]],
    ["Lion", { weightDecay: 0.1 }, ["Lion.0.shrink", "Lion.0.lr"]],
  ])("of %s with %o are named, one for all parameters", async (name, options, names) => {
    const step = compiled(setup(name, options));
    await step.prepare(x);
    expect(namesOf(step.graph())).toEqual(["input0", ...names]);
    await step.dispose();
  });

  test("have their group's number, and another number where parameters have seen other steps", async () => {
    const net = new Net();
    const c = f64([[0.2]]).requireGrad();
    const optimizer = new Adam([{ params: [net.w, net.b] }, { params: c, lr: 0.5 }]);
    net.w.grad = ones([2, 1], { dtype: "float64" });
    optimizer.step();
    net.w.grad = null;
    const step = compile((input: Tensor) => optimizer.step(() => net.loss(input).mul(c).sum()), {
      state: [net, optimizer, { namedTensors: () => [["c", c]] }],
    });
    await step.run(x);
    const names = ["lr", "step_size", "second_correction"];
    expect(namesOf(step.graph()).slice(1)).toEqual([
      ...names.map((name) => `Adam.0.${name}`),
      "Adam.0.step_size_1",
      "Adam.0.second_correction_1",
      ...names.map((name) => `Adam.1.${name}`),
    ]);
    await step.sync();
    expect(Object.values(optimizer.stateDict().state).map(({ step: count }) => count)).toEqual([2, 1, 1]);
    await step.dispose();
  });

  test("are each optimiser's own", async () => {
    const one = setup("SGD", { lr: 0.1 });
    const c = f64([[0.2]]).requireGrad();
    const other = new SGD([c], { lr: 0.3 }) as AnyOptimizer;
    const step = compile(
      (input: Tensor) => {
        const loss = one.net.loss(input).add(c.square().sum());
        for (const optimizer of [one.optimizer, other]) optimizer.zeroGrad();
        loss.backward();
        one.optimizer.step();
        other.step();
        return loss;
      },
      { state: [one.net, { namedTensors: () => [["c", c]] }] },
    );
    await step.run(x);
    expect(namesOf(step.graph())).toEqual(["input0", "SGD.0.lr", "SGD_1.0.lr"]);
    await step.sync();
    expect(c.item()).toBeCloseTo(0.2 - 0.3 * 0.4, 12);
    await step.dispose();
  });

  test("are told apart again when some parameters have moved on alone", async () => {
    const [eager, traced] = [setup("Adam", { lr: 0.05 }), setup("Adam", { lr: 0.05 })];
    const step = compiled(traced);
    const both = async (): Promise<void> => {
      eager.optimizer.step(() => eager.net.loss(x));
      await step.run(x);
    };
    await both();
    await step.sync();
    for (const { net, optimizer } of [eager, traced]) {
      optimizer.zeroGrad();
      net.b.grad = ones([1, 1], { dtype: "float64" });
      optimizer.step();
    }
    await both();
    await both();
    expect(namesOf(step.graph())).toContain("Adam.0.step_size_1");
    await step.sync();
    expectNear(numbersOf(traced), numbersOf(eager));
    await step.dispose();
  });

  test("options other than the rate are seen too: the step is traced again", async () => {
    const [eager, traced] = [setup("SGD", { lr: 0.1, momentum: 0.9 }), setup("SGD", { lr: 0.1, momentum: 0.9 })];
    const step = compiled(traced);
    for (const momentum of [0.9, 0.5]) {
      for (const { optimizer } of [eager, traced])
        (optimizer.paramGroups[0] as Group<{ lr: number; momentum: number }>).momentum = momentum;
      eager.optimizer.step(() => eager.net.loss(x));
      await step.run(x);
    }
    await step.sync();
    expectNear(numbersOf(traced), numbersOf(eager));
    await step.dispose();
  });

  test("a rate gone bad is refused when it is used", async () => {
    const one = setup("Adam", {});
    const step = compiled(one);
    await step.run(x);
    one.optimizer.paramGroups[0].lr = Number.NaN;
    await expect(step.run(x)).rejects.toThrow(ArgumentError);
    await expect(step.run(x)).rejects.toThrow("Adam: paramGroups[0].lr NaN");
    one.optimizer.paramGroups[0].lr = 0.1;
    await step.run(x);
    await step.sync();
    expect(one.optimizer.stateDict().state[0].step).toBe(2);
    await step.dispose();
  });
});

test("tracing is no step", async () => {
  const [traced, untouched] = [setup("SGD", { momentum: 0.9 }), setup("SGD", { momentum: 0.9 })];
  const step = compile((input: Tensor) => traced.optimizer.step(() => traced.net.loss(input)), {
    state: [traced.net, traced.optimizer],
  });
  await step.prepare(x);
  await step.sync();
  expect(numbersOf(traced)).toEqual(numbersOf(untouched));
  await step.dispose();
});

describe("in a plain trace", () => {
  const traceStep = ({ net, optimizer }: Setup, options: object = {}): Promise<Graph> =>
    trace(
      ({ input }) => ({ loss: optimizer.step(() => net.loss(input), options) }),
      { input: x },
      { state: [net, optimizer] },
    );

  test.each<[OptimizerName, object]>([
    ["SGD", { lr: 0.5 }],
    ["SGD", { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }],
    ["RMSprop", { centered: true, momentum: 0.9, weightDecay: 0.1 }],
    ["Adagrad", { lr: 0.1, initialAccumulatorValue: 0.5 }],
    ["Adadelta", { lr: 0.5, maximize: true }],
    ["Lion", { lr: 0.01, weightDecay: 0.1 }],
  ])("%s with %o keeps its rate, and trains as the eager one", async (name, options) => {
    const one = setup(name, options);
    const graph = await traceStep(one);
    expect(numbersOf(one)).toEqual(numbersOf(setup(name, options)));
    expect(namesOf(graph)).toEqual(["input"]);
    const program = await interpreter(cpu()).prepare(graph);
    for (let i = 0; i < 4; i++) {
      const eager = one.optimizer.step(() => one.net.loss(x)).item();
      const { loss } = await program.run({ input: { data: x.dataSync(), shape: x.shape, dtype: "float64" } });
      expect(loss.data[0]).toBeCloseTo(eager, 14);
    }
    const state = await program.readState();
    expectNear([...state.w.data], [...one.net.w.dataSync()]);
  });

  test.each<[OptimizerName, object, string]>([
    ["Adam", {}, "step_size"],
    ["AdamW", {}, "step_size"],
    ["Adamax", {}, "step_size"],
    ["NAdam", {}, "variance"],
    ["RAdam", {}, "mean_step"],
    ["Adagrad", { lrDecay: 0.1 }, "rate"],
    ["SGD", { momentum: 0.9, dampening: 0.5 }, "gain"],
  ])("%s with %o counts steps on the host, and is refused: %s", async (name, options, number) => {
    const [subject, untouched] = [setup(name, options), setup(name, options)];
    const attempt = traceStep(subject);
    await expect(attempt).rejects.toThrow(GraphError);
    await expect(attempt).rejects.toThrow(`${name}.0.${number} changes from run to run and would be frozen`);
    for (const { net, optimizer } of [subject, untouched]) optimizer.step(() => net.loss(x));
    expect(numbersOf(subject)).toEqual(numbersOf(untouched));
  });

  test("state that would only be made in the traced step is refused", async () => {
    const one = setup("SGD", {});
    (one.optimizer.paramGroups[0] as Group<{ lr: number; momentum: number }>).momentum = 0.9;
    await expect(traceStep(one)).rejects.toThrow(
      "SGD: momentum_buffer is made in the first step that needs it, and a traced step can make none; take one step",
    );
  });

  test("a look at the norm is refused", async () => {
    const attempt = traceStep(setup("SGD", {}), { clipGradNorm: 1, errorIfNonFinite: true });
    await expect(attempt).rejects.toThrow(GraphError);
    await expect(attempt).rejects.toThrow("clipGradNorm: errorIfNonFinite looks at the norm");
  });

  test("momentum that a schedule moves is refused", async () => {
    const one = setup("SGD", { momentum: 0.9 });
    new OneCycleLR(one.optimizer, { maxLr: 0.1, totalSteps: 10 });
    await expect(traceStep(one)).rejects.toThrow("SGD: a schedule moves the momentum, which is fixed in a traced step");
    const other = setup("SGD", { momentum: 0.9 });
    new OneCycleLR(other.optimizer, { maxLr: 0.1, totalSteps: 10, cycleMomentum: false });
    await expect(traceStep(other)).resolves.toBeDefined();
  });

  test("a model of which only a part is listed is refused", async () => {
    const net = new Net();
    const optimizer = new SGD([net.w, net.b]);
    net.b.grad = ones([1, 1], { dtype: "float64" });
    const attempt = trace(
      ({ input }) => {
        const loss = input.matmul(net.w).sum();
        loss.backward();
        optimizer.step();
        return loss;
      },
      { input: x },
      { state: { namedTensors: () => [["w", net.w]] } },
    );
    await expect(attempt).rejects.toThrow("SGD: 1 of 2 parameters with gradients are no part of the traced step");
    expect(net.b.toArray()).toEqual([[0.1]]);
  });
});
