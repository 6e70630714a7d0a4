import type { Graph, HostTensor } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  graphToText,
  interpreter,
  lowerFused,
  mul,
  ones,
  randn,
  setDefaultBackend,
  simplifyGraph,
  type Tensor,
  tensor,
  trace,
} from "@unrolled/core";
import { expect, test } from "vitest";

setDefaultBackend(cpu());

async function run(graph: Graph, inputs: Record<string, HostTensor>): Promise<Record<string, HostTensor>> {
  return (await interpreter(cpu()).prepare(graph)).run(inputs);
}

const x: HostTensor = { data: Float32Array.of(1, 2, 3), shape: [3], dtype: "float32" };
const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

test("equal nodes become one, constants are computed, dead code goes, results stay", async () => {
  const graph = await trace(
    ({ x }: { x: Tensor }) => {
      x.exp().sum();
      const scale = tensor([1, 2, 3]).mul(2).add(1);
      return { y: x.tanh().mul(scale).add(x.tanh()) };
    },
    { x: ones([3]) },
  );
  const simple = simplifyGraph(graph, cpu());
  expect(ops(simple)).toEqual(["tanh", "mul", "add"]);
  expect(simple.constants.size).toBe(1);
  expect((await run(simple, { x })).y.data).toEqual((await run(graph, { x })).y.data);
  expect(ops(simplifyGraph(graph))).toContain("fill"); // nothing is computed without a backend
});

test("a training step keeps its state and its pairs of fused nodes", async () => {
  const generatorless = randn([2, 3]);
  const w = { namedTensors: () => [["w", weight] as const] };
  const weight = generatorless.requireGrad();
  const graph = await trace(
    ({ x }: { x: Tensor }) => {
      const [y] = applyFused("linear", [x, weight, null], {});
      const loss = mul(y, y).sum();
      loss.backward();
      const gradient = weight.grad as Tensor;
      weight.detach().tanh();
      weight.requireGrad(false).sub_(gradient.mul(0.1));
      return { loss };
    },
    { x: ones([3]) },
    { state: w },
  );
  const simple = simplifyGraph(graph, cpu());
  expect(ops(graph)).toContain("tanh");
  expect(ops(simple)).not.toContain("tanh");
  expect(simple.nodes.filter(({ kind }) => kind === "backward")).toHaveLength(1);
  for (const each of [simple, lowerFused(simple), simplifyGraph(lowerFused(graph), cpu())]) {
    const [expected, actual] = await Promise.all(
      [graph, each].map(async (g) => {
        const program = await interpreter(cpu()).prepare(g);
        const first = (await program.run({ x })).loss.data[0];
        const second = (await program.run({ x })).loss.data[0];
        return [first, second, ...(await program.readState()).w.data];
      }),
    );
    expect(actual).toHaveLength(expected.length);
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i], 5);
  }
});

test("a graph reads as text, a line a value", async () => {
  const graph = await trace(
    ({ x }: { x: Tensor }) => ({ y: x.mul(tensor([1, 2, 3])).sum(0, { keepDims: true }) }),
    { x: ones([3]) },
    { name: "weighted" },
  );
  expect(graphToText(graph)).toBe(
    [
      "graph weighted",
      "input   x float32[3]",
      "const   %1 float32[3] = [1, 2, 3]",
      "%2 float32[3] = mul(x, %1)",
      "%3 float32[1] = sum(%2) axes=[0] keepDims=true",
      "output  y = %3",
    ].join("\n"),
  );
});
