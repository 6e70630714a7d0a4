// What a compiled step promises besides equal numbers: who has the weights, what traces again, and what is refused.
import { cpuRunner } from "@unrolled/backend-cpu";
import { onnxRuntime } from "@unrolled/backend-onnx";
import {
  Adam,
  ArgumentError,
  BackendError,
  compile,
  cpu,
  Dropout,
  Generator,
  GraphError,
  interpreter,
  Linear,
  LSTM,
  Module,
  mseLoss,
  type Runner,
  randn,
  Sequential,
  SGD,
  ShapeError,
  type Tensor,
  zeros,
} from "unrolled";
import { describe, expect, it } from "vitest";

class Net extends Module {
  lstm = new LSTM(2, 4, { batchFirst: true, generator: new Generator(1) });
  head = new Linear(4, 1, { generator: new Generator(2) });
  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.head.forward(y.select(1, -1));
  }
}

function data(batch: number, time: number, seed = 3): [Tensor, Tensor] {
  const generator = new Generator(seed);
  return [randn([batch, time, 2], { generator }), randn([batch, 1], { generator })];
}

function setUp() {
  const net = new Net();
  const optimizer = new SGD(net.parameters(), { lr: 0.1 });
  const step = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(net.forward(x), y));
  return { net, optimizer, step };
}

const named = { x: ["batch", "time", 2], y: ["batch", 1] } as const;

const runners: Record<string, () => Promise<Runner>> = {
  interpreter: async () => interpreter(cpu()),
  WebAssembly: async () => cpuRunner(),
  "ONNX Runtime": () => onnxRuntime({ threads: 1 }),
};

describe.each(Object.keys(runners))("a compiled step on %s", (which) => {
  const make = async () => {
    const parts = setUp();
    const state = [parts.net, parts.optimizer];
    const runner = await runners[which]();
    return { ...parts, state, runner, compiled: compile(parts.step, { state, runner }) };
  };

  it("holds the weights until sync, and takes them back, changed or not", async () => {
    const { net, compiled } = await make();
    const eager = setUp();
    const [x, y] = data(3, 5);
    await compiled.run(x, y);
    expect(() => net.head.weight.dataSync()).toThrow(/in a compiled step.*await step.sync\(\)/);
    expect(() => net.forward(x)).toThrow(BackendError);
    expect(net.head.weight.isDisposed).toBe(false);
    expect(String(net.head.weight)).toMatch(/compiled step/);
    await compiled.sync();
    eager.step(x, y);
    expect(Array.from(net.head.weight.dataSync())).toEqual(
      Array.from(eager.net.head.weight.dataSync(), (w) => expect.closeTo(w, 5)),
    );
    // unchanged, it goes on from there
    const second = (await compiled.run(x, y)).item();
    expect(second).toBeCloseTo(eager.step(x, y).item(), 5);
    // changed, it goes on from the new values
    await compiled.sync();
    const fresh = setUp();
    net.loadStateDict(fresh.net.stateDict());
    expect((await compiled.run(x, y)).item()).toBeCloseTo(fresh.step(x, y).item(), 5);
    await compiled.dispose();
    expect(net.head.weight.dataSync()).toHaveLength(4);
  });

  it("traces again for other shapes and for evaluation mode, and carries the state over", async () => {
    const { net, compiled } = await make();
    const eager = setUp();
    for (const [batch, time] of [
      [3, 5],
      [2, 5],
      [3, 7],
      [3, 5],
    ]) {
      const [x, y] = data(batch, time, batch * time);
      expect((await compiled.run(x, y)).item()).toBeCloseTo(eager.step(x, y).item(), 5);
    }
    const traced = compiled.graph(...data(3, 5));
    net.eval();
    await compiled.run(...data(3, 5));
    expect(compiled.graph(...data(3, 5))).not.toBe(traced);
    net.train();
    expect(compiled.graph(...data(3, 5))).toBe(traced);
    await compiled.dispose();
  });

  it("runs every batch and length with one graph if they have names", async () => {
    const { step, state, runner } = await make();
    const compiled = compile(step, { state, runner, inputs: named });
    const eager = setUp();
    let graph: unknown = null;
    for (const [batch, time] of [
      [3, 5],
      [1, 5],
      [3, 1],
      [8, 40],
    ]) {
      const [x, y] = data(batch, time, batch * time);
      expect((await compiled.run(x, y)).item()).toBeCloseTo(eager.step(x, y).item(), 5);
      graph ??= compiled.graph();
      expect(compiled.graph()).toBe(graph);
    }
    await expect(compiled.run(zeros([2, 5, 3]), zeros([2, 1]))).rejects.toThrow(ShapeError);
    await expect(compiled.run(zeros([2, 5, 2]), zeros([3, 1]))).rejects.toThrow(/batch/);
    const [x, y] = data(3, 5);
    expect((await compiled.run(x, y)).item()).toBeCloseTo(eager.step(x, y).item(), 5);
    await compiled.dispose();
  });

  it("runs an epoch in a few calls, the smaller last batch too", async () => {
    const { step, state, runner, net } = await make();
    const compiled = compile(step, { state, runner, inputs: named });
    const eager = setUp();
    const batches = Array.from({ length: 7 }, (_, i) => data(i < 6 ? 4 : 2, 5, i));
    const losses = await compiled.epoch(batches);
    expect(losses.shape).toEqual([7]);
    const expected = batches.map(([x, y]) => eager.step(x, y).item());
    expect(Array.from(losses.dataSync())).toEqual(expected.map((loss) => expect.closeTo(loss, 5)));
    await compiled.sync();
    expect(Array.from(net.head.weight.dataSync())).toEqual(
      Array.from(eager.net.head.weight.dataSync(), (w) => expect.closeTo(w, 5)),
    );
    await expect(compiled.epoch([])).rejects.toThrow(ArgumentError);
    await compiled.dispose();
  });

  it("runs an epoch of large batches in several calls", async () => {
    const make2 = () => {
      const model = new Linear(8, 1, { generator: new Generator(1) });
      const optimizer = new SGD(model.parameters(), { lr: 0.01 });
      return { model, optimizer, step: (x: Tensor) => optimizer.step(() => model.forward(x).square().mean()) };
    };
    const [eager, parts] = [make2(), make2()];
    const state = [parts.model, parts.optimizer];
    let calls = 0;
    const runner = await runners[which]();
    const counting: Runner = {
      ...runner,
      prepare: async (graph) => {
        const program = await runner.prepare(graph);
        return {
          run: (inputs) => {
            calls++;
            return program.run(inputs);
          },
          readState: () => program.readState(),
          writeState: (values) => program.writeState(values),
          dispose: () => program.dispose(),
        };
      },
    };
    const compiled = compile(parts.step, { state, runner: counting });
    const large = randn([2 ** 20, 8], { generator: new Generator(2) });
    const batches = [large, large.mul(0.5), large].map((x): [Tensor] => [x]);
    const losses = await compiled.epoch(batches);
    expect(calls).toBe(2);
    expect(losses.shape).toEqual([3]);
    const expected = batches.map(([x]) => eager.step(x).item());
    expect(Array.from(losses.dataSync())).toEqual(expected.map((loss) => expect.closeTo(loss, 4)));
    await compiled.dispose();
  });

  it("goes through an empty batch as eager steps do", async () => {
    const stack = () => {
      const net = new LSTM(2, 3, { numLayers: 2, generator: new Generator(4) });
      const optimizer = new SGD(net.parameters(), { lr: 0.1 });
      return { net, optimizer, step: (x: Tensor) => optimizer.step(() => net.forward(x)[0].square().sum()) };
    };
    const [eager, parts] = [stack(), stack()];
    const compiled = compile(parts.step, {
      state: [parts.net, parts.optimizer],
      runner: await runners[which](),
      inputs: { x: ["time", "batch", 2] },
    });
    const generator = new Generator(5);
    for (const batch of [3, 0, 2]) {
      const x = randn([4, batch, 2], { generator });
      expect((await compiled.run(x)).item()).toBeCloseTo(eager.step(x).item(), 5);
    }
    await compiled.dispose();
  });

  it("queues runs in the order of their calls", async () => {
    const { compiled } = await make();
    const eager = setUp();
    const batches = Array.from({ length: 4 }, (_, i) => data(3, 5, i));
    const losses = await Promise.all(batches.map(([x, y]) => compiled.run(x, y)));
    for (const [i, [x, y]] of batches.entries()) expect(losses[i].item()).toBeCloseTo(eager.step(x, y).item(), 5);
    await compiled.dispose();
  });

  it("sees frozen parameters, settings, and what its guard tells", async () => {
    const { net, optimizer, runner } = await make();
    const drop = new Dropout(0.5);
    const model = new Sequential(net, drop);
    let weight = 0;
    const step = (x: Tensor, y: Tensor): Tensor =>
      optimizer.step(() => mseLoss(model.forward(x) as Tensor, y).mul(weight));
    const compiled = compile(step, { state: [model, optimizer], runner, guard: () => weight });
    const [x, y] = data(3, 5);
    expect((await compiled.run(x, y)).item()).toBe(0);
    weight = 1;
    const dropped = (await compiled.run(x, y)).item();
    expect(dropped).toBeGreaterThan(0);
    (drop as { p: number }).p = 0;
    await compiled.run(x, y);
    await compiled.sync();
    const before = Array.from(net.lstm.weight_ih_l0.dataSync());
    net.lstm.requiresGrad_(false);
    const headBefore = Array.from(net.head.weight.dataSync());
    await compiled.run(x, y);
    await compiled.dispose();
    expect(Array.from(net.lstm.weight_ih_l0.dataSync())).toEqual(before);
    expect(Array.from(net.head.weight.dataSync())).not.toEqual(headBefore);
  });

  it("takes over an optimiser's state that is loaded after sync, and says so where sync was forgotten", async () => {
    const make2 = () => {
      const net = new Net();
      const optimizer = new Adam(net.parameters(), { lr: 0.01 });
      return { net, optimizer, step: (x: Tensor, y: Tensor) => optimizer.step(() => mseLoss(net.forward(x), y)) };
    };
    const [eager, parts] = [make2(), make2()];
    const compiled = compile(parts.step, { state: [parts.net, parts.optimizer], runner: await runners[which]() });
    const [x, y] = data(3, 5);
    for (let i = 0; i < 3; i++) {
      eager.step(x, y);
      await compiled.run(x, y);
    }
    const saved = eager.optimizer.stateDict();
    for (let i = 0; i < 3; i++) {
      eager.step(x, y);
      await compiled.run(x, y);
    }
    eager.optimizer.loadStateDict(saved);
    parts.optimizer.loadStateDict(saved);
    await expect(compiled.run(x, y)).rejects.toThrow(/replaced.*await step.sync\(\)/);
    await compiled.sync();
    for (let i = 0; i < 4; i++) expect((await compiled.run(x, y)).item()).toBeCloseTo(eager.step(x, y).item(), 5);
    await compiled.dispose();
  });

  it("refuses gradients that add up from run to run, and takes steps that forget them at either end", async () => {
    const { net, optimizer, state, runner } = await make();
    const [x, y] = data(3, 5);
    const forgetful = compile(
      (a: Tensor, b: Tensor) => {
        const loss = mseLoss(net.forward(a), b);
        loss.backward();
        optimizer.step();
        return loss.detach();
      },
      { state, runner },
    );
    await expect(forgetful.run(x, y)).rejects.toThrow(/zeroGrad\(\) before backward/);
    const eager = setUp();
    const atTheEnd = compile(
      (a: Tensor, b: Tensor) => {
        const loss = mseLoss(net.forward(a), b);
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return loss.detach();
      },
      { state, runner },
    );
    for (let i = 0; i < 3; i++) expect((await atTheEnd.run(x, y)).item()).toBeCloseTo(eager.step(x, y).item(), 5);
    await atTheEnd.dispose();
  });

  it("does not gather programs without end", async () => {
    const { step, state, runner } = await make();
    let prepared = 0;
    let disposed = 0;
    const counting: Runner = {
      ...runner,
      prepare: async (graph) => {
        const program = await runner.prepare(graph);
        prepared++;
        return new Proxy(program, {
          get(target, key) {
            if (key === "dispose") disposed++;
            const value = Reflect.get(target, key, target) as unknown;
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      },
    };
    let setting = 0;
    const compiled = compile(step, { state, runner: counting, guard: () => setting });
    const eager = setUp();
    const [x, y] = data(3, 5);
    for (; setting < 12; setting++) expect((await compiled.run(x, y)).item()).toBeCloseTo(eager.step(x, y).item(), 5);
    expect(prepared - disposed).toBeLessThanOrEqual(8);
    await compiled.dispose();
    expect(disposed).toBe(prepared);
  });

  it("refuses what it cannot do, and loses nothing", async () => {
    const { net, optimizer, runner, compiled } = await make();
    const unlisted = compile((x: Tensor) => optimizer.step(() => net.forward(x).sum()), { state: net, runner });
    await expect(unlisted.run(data(1, 2)[0])).resolves.toBeDefined(); // plain SGD has no state of its own
    await unlisted.dispose();
    const other = new Linear(2, 1);
    const forgot = compile((x: Tensor) => other.forward(x).sum(), { state: net, runner });
    await expect(forgot.run(zeros([1, 2]))).rejects.toThrow(GraphError);
    const reads = compile((x: Tensor) => net.forward(x).sum().mul(x.sum().item()), { state: net, runner });
    await expect(reads.run(zeros([1, 2, 2]))).rejects.toThrow(/no elements yet/);
    expect(net.head.weight.dataSync()).toHaveLength(4);
    await expect(compiled.run("x" as never, zeros([1]) as never)).rejects.toThrow(ArgumentError);
    await compiled.dispose();
    await compiled.dispose();
    expect(() => compiled.run(...data(1, 2))).toThrow(BackendError);
    expect(() => compile((x: Tensor) => x, { state: net, runner: onnxRuntime() as never })).toThrow(/await it/);
    expect(() => compile((x: Tensor) => x, { state: net, runnr: runner } as never)).toThrow(ArgumentError);
  });
});

describe("runSync", () => {
  it("runs at once where the runner can, after prepare", async () => {
    const { net, optimizer, step } = setUp();
    const compiled = compile(step, { state: [net, optimizer] });
    const eager = setUp();
    const [x, y] = data(3, 5);
    expect(() => compiled.runSync(x, y)).toThrow(/await step.prepare/);
    await compiled.prepare(x, y);
    for (let i = 0; i < 3; i++) expect(compiled.runSync(x, y).item()).toBeCloseTo(eager.step(x, y).item(), 6);
    await compiled.dispose();
    expect(Array.from(net.head.weight.dataSync())).toEqual(
      Array.from(eager.net.head.weight.dataSync(), (w) => expect.closeTo(w, 6)),
    );
  });

  it("is refused where the runner cannot", async () => {
    const { net, optimizer, step } = setUp();
    const compiled = compile(step, { state: [net, optimizer], runner: await onnxRuntime({ threads: 1 }) });
    const [x, y] = data(3, 5);
    await compiled.run(x, y);
    expect(() => compiled.runSync(x, y)).toThrow(/await step.run/);
    await compiled.dispose();
  });
});
