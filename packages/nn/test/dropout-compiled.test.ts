import { type Graph, GraphError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  compile,
  defaultGenerator,
  Generator,
  interpreter,
  manualSeed,
  noGrad,
  ones,
  rand,
  scanSteps,
  setDefaultBackend,
  type Tensor,
  trace,
  traceStep,
} from "@unrolled/core";
import { Dropout, Linear, Module } from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";

setDefaultBackend(cpu());

/** Two dropouts, one of them used twice and with a stream of its own. */
class Net extends Module {
  readonly first: Linear;
  readonly second: Linear;
  readonly shared: Dropout;
  readonly own: Dropout;

  constructor(seed: number) {
    super();
    const generator = new Generator(seed);
    this.first = new Linear(3, 5, { generator });
    this.second = new Linear(5, 1, { generator });
    this.shared = new Dropout(0.5);
    this.own = new Dropout(0.25, { generator: new Generator(seed + 1) });
  }

  override forward(x: Tensor): Tensor {
    const h = this.shared.forward(this.first.forward(this.own.forward(x)).tanh());
    return this.second.forward(this.shared.forward(h));
  }

  step(x: Tensor): Tensor {
    const loss = this.forward(x).square().mean();
    loss.backward();
    noGrad(() => {
      for (const parameter of this.parameters()) {
        parameter.sub_((parameter.grad as Tensor).mul(0.1));
        parameter.grad = null;
      }
    });
    return loss;
  }
}

const numbersOf = (net: Net): unknown => [...net.parameters()].map((parameter) => parameter.toArray());
const namesOf = (graph: Graph | null): string[] => (graph?.inputs ?? []).map(({ name }) => name);

describe("dropout in a compiled step", () => {
  test.each([cpu(), decomposed])("draws the masks of the eager one, anew for every run, on $name", async (backend) => {
    const [eager, compiled] = [new Net(3), new Net(3)];
    const batches = [4, 4, 2, 4, 7].map((size) => rand([size, 3], { generator: new Generator(size) }));
    manualSeed(11);
    const losses = batches.map((x) => eager.step(x).item());
    const after = defaultGenerator().state;
    manualSeed(11);
    const step = compile((x: Tensor) => compiled.step(x), {
      state: compiled,
      runner: interpreter(backend),
      inputs: { x: ["batch", 3] },
    });
    await step.prepare(batches[0]);
    expect(defaultGenerator().state.counter).toBe(0); // tracing draws nothing
    for (const [i, x] of batches.entries()) expect((await step.run(x)).item()).toBeCloseTo(losses[i], 6);
    expect(new Set(losses).size).toBe(5);
    expect(defaultGenerator().state).toEqual(after);
    expect(namesOf(step.graph())).toEqual(["x", "Dropout.mask", "Dropout.mask_1", "Dropout.mask_2"]);
    await step.sync();
    expect(JSON.stringify(numbersOf(compiled), rounded)).toBe(JSON.stringify(numbersOf(eager), rounded));
    await step.dispose();
  });

  test("takes part in an epoch in one call", async () => {
    const [eager, compiled] = [new Net(5), new Net(5)];
    const batches = [1, 2, 3].map((seed) => rand([4, 3], { generator: new Generator(seed) }));
    manualSeed(2);
    const losses = batches.map((x) => eager.step(x).item());
    manualSeed(2);
    const step = compile((x: Tensor) => compiled.step(x), { state: compiled });
    const found = await step.epoch(batches.map((x) => [x] as const));
    for (const [i, loss] of [...found.dataSync()].entries()) expect(loss).toBeCloseTo(losses[i], 6);
    await step.dispose();
  });

  test("draws anew for runs that are synchronous", async () => {
    const [eager, compiled] = [new Net(5), new Net(5)];
    const batches = [1, 2, 3].map((seed) => rand([4, 3], { generator: new Generator(seed) }));
    manualSeed(2);
    const losses = batches.map((x) => eager.step(x).item());
    const step = compile((x: Tensor) => compiled.step(x), { state: compiled, inputs: { x: ["batch", 3] } });
    await step.prepare(batches[0]);
    manualSeed(2);
    for (const [i, x] of batches.entries()) expect(step.runSync(x).item()).toBeCloseTo(losses[i], 6);
    await step.dispose();
  });

  test("does nothing in evaluation mode, and again something in training mode", async () => {
    const net = new Net(1);
    const step = compile((x: Tensor) => net.forward(x), { state: net });
    const x = ones([2, 3]);
    const evaluated = net.eval().forward(x).toArray();
    expect(JSON.stringify((await step.run(x)).toArray(), rounded)).toBe(JSON.stringify(evaluated, rounded));
    expect(namesOf(step.graph())).toEqual(["input0"]);
    net.train();
    await step.run(x);
    expect(namesOf(step.graph(x))).toHaveLength(4);
    await step.dispose();
  });

  test("tells what its masks are, for files that draw them themselves", async () => {
    const net = new Net(1);
    const { hostInputs } = await traceStep(({ x }) => net.forward(x), { x: ["batch", 3] }, { constants: net });
    expect(hostInputs.map(({ name, bernoulli }) => [name, bernoulli])).toEqual([
      ["Dropout.mask", 0.75],
      ["Dropout.mask_1", 0.5],
      ["Dropout.mask_2", 0.5],
    ]);
    const drawn = hostInputs[0].make([20, 3]);
    expect([...new Set(drawn as Float32Array)].sort()).toEqual([0, 1]);
  });
});

const rounded = (_key: string, value: unknown): unknown =>
  typeof value === "number" ? Number(value.toFixed(5)) : value;

test("a plain trace would freeze the masks, and refuses dropout in training mode", async () => {
  const net = new Net(1);
  const attempt = trace(({ x }) => net.forward(x), { x: [2, 3] }, { constants: net });
  await expect(attempt).rejects.toThrow(GraphError);
  await expect(attempt).rejects.toThrow(/Dropout\.mask changes from run to run/);
  net.eval();
  await expect(trace(({ x }) => net.forward(x), { x: [2, 3] }, { constants: net })).resolves.toBeDefined();
});

test("a mask drawn at each step of a traced scan is refused: all steps would have the same", async () => {
  const dropout = new Dropout(0.5);
  const step = compile(
    (x: Tensor) => scanSteps([x], [], ([now]) => ({ states: [], results: [dropout.forward(now)] })).results[0],
    { state: dropout },
  );
  await expect(step.run(ones([4, 2]))).rejects.toThrow(/Dropout\.mask is made once a run.*before the scan/);
  await step.dispose();
});
