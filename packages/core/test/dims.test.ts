import { ArgumentError, GraphError, type HostTensor, ShapeError, type Size } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  arange,
  concat,
  grad,
  graphToText,
  type InputSpec,
  interpreter,
  lowerFused,
  noGrad,
  ones,
  scanSteps,
  setDefaultBackend,
  simplifyGraph,
  type Tensor,
  type TensorRecord,
  tensor,
  trace,
  zeros,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { fitSize } from "../dist/graph/dims/fit-size.js";
import { sizesToTrace } from "../dist/graph/dims/input-specs.js";
import { between, expectClose } from "./support/numbers.js";

setDefaultBackend(cpu());

const host = (t: Tensor): HostTensor => ({ data: t.dataSync(), shape: t.shape, dtype: t.dtype });
const named = (tensors: TensorRecord): { namedTensors(): [string, Tensor][] } => ({
  namedTensors: () => Object.entries(tensors),
});

const [I, H] = [3, 4];
const weights = {
  wIh: between(-1, 1, [4 * H, I]).requireGrad(),
  wHh: between(-1, 1, [4 * H, H]).requireGrad(),
  weight: between(-1, 1, [2, H]).requireGrad(),
};

/** An LSTM over [batch, time, 3], read by a linear layer. */
function forward(x: Tensor): Tensor {
  const zero = zeros([x.shape[0], H], { dtype: "float64", backend: x.backend });
  const { wIh, wHh, weight } = weights;
  const [y] = applyFused("lstmSequence", [x.swapAxes(0, 1), zero, zero, wIh, wHh, null, null, null, null], {
    reverse: false,
  });
  return applyFused("linear", [y.swapAxes(0, 1), weight, null], {})[0];
}

const x = { shape: ["batch", "time", I], dtype: "float64" } as const;

describe("a function traced with named sizes", () => {
  const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    "a sequence op and a linear layer": forward,
    "a mean": (input) => forward(input).square().mean(),
    "a mean over time": (input) => forward(input).mean(1),
    "the last step": (input) => forward(input).select(1, -1),
    "all steps but the first": (input) => input.slice(null, [1, Number.POSITIVE_INFINITY]),
    "numbers of the steps": (input) =>
      input.mul(arange(1, 2 * input.shape[1] + 1, 2, { dtype: "float64", backend: input.backend }).unsqueeze(1)),
    "rows in a row": (input) => input.reshape([input.shape[0] * input.shape[1], I]).softmax(-1),
    "time and features in a row": (input) => input.flatten(1).sum(0),
    "one more step": (input) => concat([input, input.select(1, 0).unsqueeze(1).mul(2)], 1).cumsum(1),
    "padded at both ends": (input) =>
      input
        .pad([
          [0, 0],
          [2, 1],
          [0, 0],
        ])
        .flip(1),
    "positions that count": (input) =>
      input.add(tensorOfPositions(input.shape[1], input).reshape([1, input.shape[1], 1])),
    "attention, time by time": (input) => input.matmul(input.swapAxes(1, 2)).softmax(-1).matmul(input),
  };
  const tensorOfPositions = (n: number, like: Tensor): Tensor =>
    ones([n], { dtype: "float64", backend: like.backend }).cumsum(0).mul(0.1);

  test.each(Object.entries(functions))("%s gives the eager numbers at every size", async (_name, fn) => {
    const graph = await trace(({ x: input }) => fn(input), { x }, { constants: named(weights) });
    expect(Object.keys(graph.dims?.sizes ?? {})).toEqual(["batch", "time"]);
    for (const each of [graph, simplifyGraph(graph), simplifyGraph(graph, cpu())]) {
      const program = await interpreter(cpu()).prepare(each);
      for (const [batch, time] of [
        [1, 1],
        [1, 4],
        [5, 1],
        [2, 3],
        [7, 12],
      ]) {
        const now = between(-1, 1, [batch, time, I]);
        const expected = noGrad(() => fn(now));
        const { output } = await program.run({ x: host(now) });
        expect(output.shape).toEqual(expected.shape);
        expectClose(output.data, expected, 1e-12);
      }
    }
  });

  test("with its gradients, as a training step", async () => {
    const gradients = (input: Tensor, target: Tensor): TensorRecord => {
      const loss = forward(input).sub(target).square().mean();
      const [wIh, wHh, weight] = grad(loss, Object.values(weights));
      return { loss, wIh, wHh, weight };
    };
    const graph = await trace(
      ({ x: input, target }) => gradients(input, target),
      { x, target: { shape: ["batch", 1, 2], dtype: "float64" } },
      { constants: named(weights) },
    );
    const program = await interpreter(cpu()).prepare(simplifyGraph(graph, cpu()));
    for (const [batch, time] of [
      [1, 1],
      [3, 2],
      [2, 9],
    ]) {
      const [now, target] = [between(-1, 1, [batch, time, I]), between(-1, 1, [batch, 1, 2])];
      const found = await program.run({ x: host(now), target: host(target) });
      for (const [name, t] of Object.entries(gradients(now, target))) expectClose(found[name].data, t, 1e-12);
    }
  });

  test("reads as text with its sizes", async () => {
    const graph = await trace(
      ({ x: input }) => {
        const rows = input.reshape([input.shape[0] * input.shape[1], 2]);
        return { mean: rows.sum(0).div(rows.shape[0]), tail: input.slice([1, Number.POSITIVE_INFINITY]) };
      },
      { x: ["batch", "time", 2] },
      { name: "rows" },
    );
    expect(graphToText(graph)).toBe(
      [
        "graph rows",
        "input   x float32[batch, time, 2]",
        "%1 float32[batch * time, 2] = reshape(x) shape=[batch * time, 2]",
        "%2 float32[2] = sum(%1) axes=[0] keepDims=false",
        "%3 float32[] = fill() shape=[] value=batch * time dtype=float32",
        "%4 float32[2] = div(%2, %3)",
        "%5 float32[batch - 1, time, 2] = slice(x) starts=[1, 0, 0] ends=[batch, time, 2] steps=[1, 1, 1]",
        "output  mean = %4",
        "output  tail = %5",
      ].join("\n"),
    );
  });

  test("reads as text with a scan", async () => {
    const graph = await trace(
      ({ x: input }) => {
        const start = zeros([2], { backend: input.backend });
        const { states, results } = scanSteps(
          [input],
          [start],
          ([now], [sum]) => ({ states: [sum.add(now)], results: [sum.mul(now)] }),
          { reverse: true },
        );
        return { total: states[0], y: results[0] };
      },
      { x: ["time", 2] },
      { name: "sums" },
    );
    expect(graphToText(graph)).toBe(
      [
        "graph sums",
        "input   x float32[time, 2]",
        "%1 float32[2] = fill() shape=[2] value=0 dtype=float32",
        "%6 float32[2], %7 float32[time, 2] = scan(%1, x) reverse=true of (%2 float32[2], %3 float32[2])",
        "  %4 float32[2] = add(%2, %3)",
        "  %5 float32[2] = mul(%2, %3)",
        "  next %4; stacked %5",
        "output  total = %6",
        "output  y = %7",
      ].join("\n"),
    );
  });

  test("leaves sizes alone that are numbers, and a graph without names as it was", async () => {
    const graph = await trace(({ a, b }) => a.add(b), { a: [2, 3], b: { shape: [3], dtype: "float32" } });
    expect(graph.dims).toBeUndefined();
    expect(graph.inputs.map(({ value }) => value.shape)).toEqual([[2, 3], [3]]);
    const mixed = await trace(({ a, b }) => a.add(b), { a: ["n", 3], b: [3] });
    expect([...(mixed.dims?.shapes.keys() ?? [])].map(({ id }) => id).sort()).toEqual([0, 2]);
  });
});

describe("what is refused", () => {
  const refuses = async (
    fn: (t: TensorRecord) => Tensor,
    inputs: Readonly<Record<string, InputSpec>>,
    message: RegExp,
  ) => {
    const attempt = trace(fn, inputs);
    await expect(attempt).rejects.toThrow(GraphError);
    await expect(attempt).rejects.toThrow(message);
  };

  test("a JavaScript loop over time", () =>
    refuses(
      ({ x: input }) => {
        let h = input.select(0, 0);
        for (const row of input.unbind(0)) h = h.mul(row).tanh();
        return h;
      },
      { x: ["time", 2] },
      /other ops for other sizes of time: node \d+ is \w+ or \w+ .*scanSteps instead of JavaScript's for/,
    ));

  test("a choice by size, between ops or between values", async () => {
    await refuses(({ x: input }) => (input.shape[0] > 5 ? input.exp() : input.neg()), { x: ["n"] }, /node 0 is/);
    await refuses(
      ({ x: input }) => {
        const [a, b] = [input.exp(), input.neg()];
        return input.shape[0] > 5 ? a : b;
      },
      { x: ["n"] },
      /an output or a state reads other values for other sizes of n; choose in the graph/,
    );
    await refuses(
      ({ x: input }) => {
        const [a, b] = [input.exp(), input.neg()];
        return (input.shape[0] > 5 ? a : b).abs();
      },
      { x: ["n"] },
      /node 2 abs reads other values/,
    );
  });

  test("a constant that depends on a size", () =>
    refuses(
      ({ x: input }) => input.mul(tensor(Array.from(input.shape.keys(), () => input.shape[0]).slice(0, 1))),
      { x: ["n"] },
      /a constant float32 \[1\] depends on n; make it with zeros/,
    ));

  test("sizes and numbers that are no polynomial", async () => {
    await refuses(
      ({ x: input }) => input.slice([0, Number.POSITIVE_INFINITY, 2]),
      { x: ["n"] },
      /size 0 of its result is no sum of products of n: \d+ for n = \d+; \d+ for n = \d+.*fixed size/,
    );
    await refuses(({ x: input }) => input.mul(1 / input.shape[0]), { x: ["n"] }, /fill: value is no sum of products/);
    await refuses(
      ({ x: input }) => input.reshape(input.shape[0] > 5 ? [1, -1] : [1, 1, -1]).exp(),
      { x: ["n"] },
      /node 0 reshape: shape is no sum of products of n/,
    );
  });

  test.each(["", "two words", "3d", "batch-size", "größe"])("the name %o", async (name) => {
    const attempt = trace(({ x: input }) => input, { x: [name, 2] });
    await expect(attempt).rejects.toThrow(ArgumentError);
    await expect(attempt).rejects.toThrow(`input x has a size named "${name}"; use letters, digits and _`);
  });

  test("inputs that are no shapes", async () => {
    const bad = (spec: unknown): Promise<unknown> => trace(({ x: input }) => input, { x: spec as InputSpec });
    await expect(bad({ dtype: "float32" })).rejects.toThrow(/input x has no shape/);
    await expect(bad({ shape: [2], dType: "float32" })).rejects.toThrow(ArgumentError);
    await expect(bad([null, 1])).rejects.toThrow(/input x has a size of null; give whole numbers, and names such as/);
    await expect(bad([2, -1])).rejects.toThrow(ShapeError);
    await expect(bad([2, 1.5])).rejects.toThrow(ShapeError);
  });

  test("at a run: one name with two sizes, another rank, a fixed size that differs", async () => {
    const graph = await trace(({ a, b }) => a.mul(b), { a: ["n", 2], b: ["n", 1] });
    const program = await interpreter(cpu()).prepare(graph);
    const run = (a: number[], b: number[]): Promise<unknown> => program.run({ a: host(zeros(a)), b: host(zeros(b)) });
    await expect(run([3, 2], [3, 1])).resolves.toBeDefined();
    await expect(run([3, 2], [1, 1])).rejects.toThrow(/input "b" must be \[n, 1\], got \[1, 1\].*so far n = 3/);
    await expect(run([3, 3], [3, 1])).rejects.toThrow(ShapeError);
    await expect(run([3], [3, 1])).rejects.toThrow(/input "a" must be \[n, 2\], got \[3\]/);
  });

  test("lowering fused ops, which unrolls", async () => {
    const graph = await trace(({ x: input }) => forward(input), { x }, { constants: named(weights) });
    expect(() => lowerFused(graph)).toThrow(GraphError);
    expect(() => lowerFused(graph)).toThrow(
      /graph has named sizes \(batch, time\).*trace it with fixed sizes, or keep/,
    );
  });
});

describe("fitSize", () => {
  const traces = sizesToTrace(["a", "b", "c"], [[3, 7], [11]]);
  const fit = (fn: (sizes: { a: number; b: number; c: number }) => number): Size | null =>
    fitSize(
      traces.map((sizes) => fn(sizes as { a: number; b: number; c: number })),
      traces,
    );
  const terms = (...list: [number, ...string[]][]): Size => ({
    terms: list.map(([coefficient, ...factors]) => ({ coefficient, factors })),
  });

  test("traces with different primes that no shape has", () => {
    const all = traces.flatMap((sizes) => Object.values(sizes));
    expect(all).toHaveLength(15);
    expect(new Set(all).size).toBe(15);
    for (const taken of [3, 7, 11]) expect(all).not.toContain(taken);
  });

  test.each<[string, (sizes: { a: number; b: number; c: number }) => number, Size]>([
    ["a number", () => 7, 7],
    ["a name", ({ b }) => b, terms([1, "b"])],
    ["a product", ({ a, c }) => a * c, terms([1, "a", "c"])],
    ["a square", ({ a }) => a * a, terms([1, "a", "a"])],
    ["a product of three", ({ a, b, c }) => a * b * c, terms([1, "a", "b", "c"])],
    ["an affine size", ({ c }) => 4 * c - 3, terms([4, "c"], [-3])],
    ["a negative one", ({ c }) => -c, terms([-1, "c"])],
    ["a sum of two", ({ a, b }) => 2 * a + 3 * b - 1, terms([2, "a"], [3, "b"], [-1])],
    ["a product and a name", ({ a, b }) => (a + 1) * b, terms([1, "b"], [1, "a", "b"])],
    ["two products", ({ a, b, c }) => a * b + 5 * b * c + 2, terms([1, "a", "b"], [5, "b", "c"], [2])],
  ])("%s", (_name, fn, expected) => {
    expect(fit(fn)).toEqual(expected);
  });

  test.each<[string, (sizes: { a: number; b: number; c: number }) => number]>([
    ["a quotient", ({ a }) => 1 / a],
    ["rounding", ({ a }) => Math.floor(a / 2)],
    ["a smaller one of two", ({ a, b }) => Math.min(a, b)],
    ["a power", ({ a }) => a ** 3],
    ["chance", ({ a }) => (a * 7919) % 101],
    ["NaN now and then", ({ a }) => (a > 20 ? Number.NaN : a)],
  ])("no %s", (_name, fn) => {
    expect(fit(fn)).toBeNull();
  });
});
