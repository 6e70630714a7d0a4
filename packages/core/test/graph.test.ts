import {
  ArgumentError,
  BackendError,
  DTypeError,
  type Graph,
  GraphError,
  type HostTensor,
  ShapeError,
  table,
} from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  applyUpdate,
  Generator,
  grad,
  interpreter,
  isTracing,
  lowerFused,
  type NamedTensors,
  noGrad,
  rand,
  setDefaultBackend,
  type Tensor,
  tensor,
  trace,
  zeros,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposedCpu, fakeDevice } from "./support/device.js";
import { expectClose } from "./support/numbers.js";

setDefaultBackend(cpu());

const [T, B, I, H] = [5, 3, 2, 4];
const uniform = (shape: number[], seed: number): Tensor =>
  rand(shape, { low: -0.5, high: 0.5, generator: new Generator(seed) });
const host = (t: Tensor): HostTensor => ({ data: t.dataSync(), shape: t.shape, dtype: t.dtype });
const named = (tensors: Readonly<Record<string, Tensor>>): NamedTensors => ({
  namedTensors: () => Object.entries(tensors),
});

/** LSTM, linear, mean squared error and SGD. */
class Net implements NamedTensors {
  readonly wIh = uniform([4 * H, I], 1).requireGrad();
  readonly wHh = uniform([4 * H, H], 2).requireGrad();
  readonly bIh = uniform([4 * H], 3).requireGrad();
  readonly weight = uniform([1, H], 4).requireGrad();
  readonly bias = uniform([1], 5).requireGrad();

  namedTensors(): [string, Tensor][] {
    return Object.entries(this) as [string, Tensor][];
  }

  forward(x: Tensor): Tensor {
    const h = zeros([x.shape[1], H]);
    const [y] = applyFused("lstmSequence", [x, h, h, this.wIh, this.wHh, this.bIh, null, null, null], {
      reverse: false,
    });
    return applyFused("linear", [y.select(0, -1), this.weight, this.bias], {})[0];
  }

  step(x: Tensor, target: Tensor): Tensor {
    const loss = this.forward(x).sub(target).square().mean();
    loss.backward();
    noGrad(() => {
      for (const [, p] of this.namedTensors()) {
        p.sub_((p.grad as Tensor).mul(0.2));
        p.grad = null;
      }
    });
    return loss;
  }

  state(): number[][] {
    return this.namedTensors().map(([, t]) => [...t.dataSync()]);
  }
}

const x = uniform([T, B, I], 8);
const target = uniform([B, 1], 9);
const runners = [
  ["the CPU", cpu()],
  ["the CPU, decomposed", decomposedCpu()],
  ["a device", fakeDevice().backend],
  ["a device without synchronous reading", fakeDevice({ readSync: false, fused: false }).backend],
] as const;

const isPrimitive = (op: string): boolean => op in cpu().kernels && op in table;

describe("a forward pass", () => {
  const net = new Net();
  const traced = (fused: boolean): Promise<Graph> =>
    trace(({ x: input }) => ({ y: net.forward(input) }), { x }, { constants: net, fused, name: "forward" });

  test("is named, and keeps fused ops whole, or not on request", async () => {
    const graph = await traced(true);
    expect(graph.name).toBe("forward");
    expect(graph.inputs.map(({ name, value }) => [name, value.shape])).toEqual([["x", [T, B, I]]]);
    expect(graph.outputs.map(({ name, value }) => [name, value.shape])).toEqual([["y", [B, 1]]]);
    expect(graph.nodes.map(({ op }) => op)).toEqual(expect.arrayContaining(["lstmSequence", "linear"]));
    expect((await traced(false)).nodes.every(({ op }) => isPrimitive(op))).toBe(true);
  });

  test.each(runners)("gives the eager numbers on %s", async (_name, backend) => {
    const expected = noGrad(() => net.forward(x));
    for (const fused of [true, false]) {
      const graph = await traced(fused);
      for (const each of [graph, lowerFused(graph)]) {
        const program = await interpreter(backend).prepare(each);
        const { y } = await program.run({ x: host(x) });
        expect(y.shape).toEqual([B, 1]);
        expectClose(y.data, expected, 1e-6);
        await program.dispose();
      }
    }
  });
});

describe("a training step", () => {
  async function traceStep(net: Net): Promise<Graph> {
    return trace(({ x: input, target: wish }) => ({ loss: net.step(input, wish) }), { x, target }, { state: net });
  }

  test.each(runners)("trains as eagerly on %s", async (_name, backend) => {
    const graph = await traceStep(new Net());
    const eager = new Net();
    const losses = Array.from({ length: 5 }, () => eager.step(x, target).item());
    expect(losses[4]).toBeLessThan(losses[0]);
    for (const each of [graph, lowerFused(graph)]) {
      const program = await interpreter(backend).prepare(each);
      for (const loss of losses) {
        const out = await program.run({ x: host(x), target: host(target) });
        expectClose(out.loss.data, [loss], 1e-6);
      }
      const state = await program.readState();
      expect(Object.keys(state)).toEqual(["wIh", "wHh", "bIh", "weight", "bias"]);
      for (const [name, t] of eager.namedTensors()) expectClose(state[name].data, t, 1e-6);
      await program.dispose();
    }
  });

  test("is lowered to primitives only", async () => {
    const graph = await traceStep(new Net());
    expect(graph.nodes.some(({ kind }) => kind === "backward")).toBe(true);
    const lowered = lowerFused(graph);
    expect(lowered.nodes.every(({ kind, op }) => kind === "op" && isPrimitive(op))).toBe(true);
    expect(lowered.inputs.map(({ name }) => name)).toEqual(["x", "target"]);
    expect(lowered.state.map(({ name }) => name)).toEqual(graph.state.map(({ name }) => name));
  });

  test("leaves the traced tensors as they were", async () => {
    const net = new Net();
    const before = net.state();
    net.wIh.grad = zeros(net.wIh.shape);
    const kept = net.wIh.grad;
    await traceStep(net);
    expect(net.state()).toEqual(before);
    expect(net.wIh.grad).toBe(kept);
    expect(
      net.namedTensors().every(([, t]) => t.requiresGrad && t.isLeaf && t.version === 0 && t.backend === cpu()),
    ).toBe(true);
  });

  test("with an update op, a momentum buffer and a scalar rate", async () => {
    const w = tensor([1, -2], { requiresGrad: true });
    const momentum = zeros([2]);
    const attrs = { momentum: 0.9, nesterov: true, weightDecay: 0.01, maximize: false };
    const step = (rate: Tensor): Tensor => {
      const loss = w.square().sum();
      const [g] = grad(loss, [w]);
      const [next, buffer] = applyUpdate("sgdStep", [w, g, momentum, rate, null], attrs);
      noGrad(() => w.assign_(next));
      momentum.assign_(buffer as Tensor);
      return loss;
    };
    const graph = await trace(({ rate }) => step(rate), { rate: tensor(0.1) }, { state: named({ w, momentum }) });
    expect(graph.nodes.map(({ op }) => op)).toContain("sgdStep");
    const rates = [0.1, 0.05, 0.2].map((r) => tensor(r));
    const programs = [graph, lowerFused(graph)].map((g) => interpreter(cpu()).prepare(g));
    const losses = rates.map((rate) => step(rate).item());
    for (const each of programs) {
      const program = await each;
      const got = [];
      for (const rate of rates) got.push((await program.run({ rate: host(rate) })).output.data[0]);
      expectClose(Float64Array.from(got), losses, 1e-6);
      expectClose((await program.readState()).w.data, w, 1e-6);
    }
  });

  test("with a gradient penalty, of second order through a fused op", async () => {
    const net = new Net();
    const penalty = (input: Tensor): Tensor => {
      const [dw] = grad(net.forward(input).sum(), [net.wHh], { createGraph: true });
      return grad(dw.square().sum(), [net.wIh])[0];
    };
    const graph = await trace(({ x: input }) => penalty(input), { x }, { constants: net });
    const program = await interpreter(cpu()).prepare(graph);
    expectClose((await program.run({ x: host(x) })).output.data, penalty(x), 1e-6);
  });
});

describe("state that is no parameter", () => {
  test("carries over, and is not left on the traced tape", async () => {
    const w = tensor([2], { requiresGrad: true });
    const h = zeros([1]);
    const graph = await trace(
      ({ x: input }) => h.assign_(h.mul(w).add(input)),
      { x: zeros([1]) },
      { state: named({ h }), constants: named({ w }) },
    );
    expect([h.requiresGrad, h.isLeaf, h.toArray()]).toEqual([false, true, [0]]);
    const program = await interpreter(cpu()).prepare(graph);
    const seen = [];
    for (const v of [1, 2, 3]) seen.push((await program.run({ x: host(tensor([v])) })).output.data[0]);
    expect(seen).toEqual([1, 4, 11]);
  });
});

describe("outputs", () => {
  test("may be inputs, constants, states, or one thing twice", async () => {
    const [c, s] = [tensor([5]), tensor([7])];
    const graph = await trace(
      ({ a, b }) => {
        const sum = a.add(b);
        return { same: a, constant: c, state: s, sum, again: sum, zero: zeros([2]) };
      },
      { a: zeros([1]), b: zeros([1]) },
      { constants: named({ c }), state: named({ s }) },
    );
    for (const each of [graph, lowerFused(graph)]) {
      const { backend, buffers } = fakeDevice();
      const program = await interpreter(backend).prepare(each);
      const held = buffers();
      const inputs = { a: host(tensor([1])), b: host(tensor([2])) };
      for (const out of [await program.run(inputs), program.runSync?.(inputs)]) {
        const numbers = Object.entries(out ?? {}).map(([name, { data }]) => [name, [...data]]);
        expect(Object.fromEntries(numbers)).toEqual({
          same: [1],
          constant: [5],
          state: [7],
          sum: [3],
          again: [3],
          zero: [0, 0],
        });
        expect(buffers()).toBe(held);
      }
      await program.dispose();
      await program.dispose();
      expect(buffers()).toBe(0);
    }
  });

  test("that the function did not compute are refused", async () => {
    const outside = tensor([1]);
    await expect(trace(() => ({ y: outside.add(1) }), {})).rejects.toThrow(/output y was not computed/);
    await expect(trace(() => ({ y: 3 as unknown as Tensor }), {})).rejects.toThrow(GraphError);
  });
});

describe("a traced function may not", () => {
  const w = tensor([1, 2], { requiresGrad: true });
  const inputs = { a: zeros([2]) };

  test.each<[string, (a: Tensor) => Tensor, RegExp]>([
    [
      "touch a tensor that is not listed",
      (a) => a.mul(w),
      /mul:.*does not list it; pass it as an input, or list it in `state` or `constants`/,
    ],
    ["change one", (a) => noGrad(() => w.assign_(a)), /assign_:.*does not list it/],
    [
      "feed one to a fused op",
      (a) => applyFused("linear", [a, w.reshape([1, 2]), null], {})[0],
      /linear:.*does not list it/,
    ],
    ["read elements", (a) => a.mul(a.sum().item()), /no elements yet.*outside/],
    ["make arrays", (a) => tensor(a.toArray()), /no elements yet/],
    ["draw random numbers", (a) => a.add(rand([2])), /same on every run.*pass them as an input/],
  ])("%s", async (_name, fn, message) => {
    const attempt = trace(({ a }) => fn(a), inputs);
    await expect(attempt).rejects.toThrow(GraphError);
    await expect(attempt).rejects.toThrow(message);
    expect(w.toArray()).toEqual([1, 2]);
  });

  test("await elements", async () => {
    let reading: Promise<unknown> = Promise.resolve();
    await trace(({ a }) => {
      reading = a.data();
      return a;
    }, inputs);
    await expect(reading).rejects.toThrow(GraphError);
  });

  test("be asynchronous", async () => {
    const later = (async ({ a }: { a: Tensor }) => a) as unknown as (i: typeof inputs) => Tensor;
    await expect(trace(later, inputs)).rejects.toThrow(ArgumentError);
  });

  test("change a constant", async () => {
    const c = tensor([1, 1]);
    await expect(trace(({ a }) => c.assign_(a), inputs, { constants: named({ c }) })).rejects.toThrow(
      /c \[2\] is listed as a constant.*state/,
    );
    expect(c.toArray()).toEqual([1, 1]);
  });

  test("leave anything behind when it throws", async () => {
    const net = new Net();
    const before = net.state();
    const fail = (): never => {
      net.step(zeros([T, B, I]), zeros([B, 1]));
      throw new RangeError("inside");
    };
    await expect(trace(fail, {}, { state: net })).rejects.toThrow("inside");
    expect(net.state()).toEqual(before);
    expect(net.namedTensors().every(([, t]) => t.grad === null && t.version === 0 && !isTracing(t.backend))).toBe(true);
    expect(zeros([1]).backend).toBe(cpu());
  });
});

test("names that collide are told apart, or refused", async () => {
  const [a, b] = [tensor([1]), tensor([2])];
  const graph = await trace(
    ({ x: input }) => input.mul(a).mul(b),
    { x: zeros([1]) },
    { state: [named({ w: a }), named({ w: b })] },
  );
  expect(graph.state.map(({ name }) => name)).toEqual(["w", "1.w"]);
  const twice: NamedTensors = {
    namedTensors: () => [
      ["w", a],
      ["w", b],
      ["w", tensor([3])],
    ],
  };
  await expect(trace(({ x: input }) => input, { x: zeros([1]) }, { state: twice })).rejects.toThrow(
    /two tensors are named/,
  );
});

describe("a program checks", () => {
  const prepared = trace(({ a, b }) => a.add(b), { a: zeros([2]), b: zeros([2]) }).then((graph) =>
    interpreter(cpu()).prepare(graph),
  );
  const good = host(tensor([1, 2]));

  test.each<[string, Record<string, HostTensor>, new (...args: never[]) => Error, RegExp]>([
    ["a missing input", { a: good }, ArgumentError, /input "b" is missing.*"a", "b"/],
    ["an unknown input", { a: good, b: good, c: good }, ArgumentError, /input "c" does not exist/],
    ["a shape", { a: good, b: host(zeros([3])) }, ShapeError, /input "b" must be \[2\], got \[3\]/],
    [
      "a dtype",
      { a: good, b: host(zeros([2], { dtype: "int32" })) },
      DTypeError,
      /input "b" must be float32, got int32/,
    ],
    [
      "a number of elements",
      { a: good, b: { ...good, data: new Float32Array(1) } },
      ShapeError,
      /input "b" \[2\] holds 1 elements; give 2/,
    ],
  ])("%s", async (_name, inputs, type, message) => {
    const run = (await prepared).run(inputs);
    await expect(run).rejects.toThrow(type);
    await expect(run).rejects.toThrow(message);
  });

  test("that it is not used after dispose", async () => {
    const graph = await trace(({ a }) => a.neg(), { a: zeros([2]) });
    const program = await interpreter(cpu()).prepare(graph);
    await program.dispose();
    await expect(program.run({ a: good })).rejects.toThrow(BackendError);
    await expect(program.readState()).rejects.toThrow(BackendError);
  });
});

test("a program leaves no buffers or reserves on a device, however often it runs", async () => {
  const net = new Net();
  const graph = await trace(({ x: input, target: wish }) => net.step(input, wish), { x, target }, { state: net });
  const { backend, buffers, reserves } = fakeDevice();
  const program = await interpreter(backend).prepare(graph);
  const held = buffers();
  for (let i = 0; i < 3; i++) {
    await program.run({ x: host(x), target: host(target) });
    program.runSync?.({ x: host(x), target: host(target) });
    expect([buffers(), reserves()]).toEqual([held, 0]);
  }
  await expect(program.run({ x: host(x) })).rejects.toThrow(ArgumentError);
  expect(buffers()).toBe(held);
  await program.dispose();
  expect(buffers()).toBe(0);
});
