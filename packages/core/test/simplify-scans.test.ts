import type { Graph, GraphNode, HostTensor, ScanNode } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  full,
  graphToText,
  interpreter,
  ones,
  rand,
  scanSteps,
  setDefaultBackend,
  simplifyGraph,
  type Tensor,
  tensor,
  trace,
  zeros,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

const host = (t: Tensor): HostTensor => ({ data: t.dataSync(), shape: t.shape, dtype: t.dtype });
const opsOf = (nodes: readonly GraphNode[]): string[] => nodes.map(({ op }) => op);
const scanOf = (graph: Graph): ScanNode => graph.nodes.find((node) => node.kind === "scan") as ScanNode;

async function expectSame(a: Graph, b: Graph, inputs: Record<string, Tensor>): Promise<void> {
  const given = Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, host(t)]));
  const [left, right] = await Promise.all(
    [a, b].map(async (graph) => (await interpreter(cpu()).prepare(graph)).run(given)),
  );
  expect(right).toEqual(left);
}

describe("in the body of a scan", () => {
  test("equal nodes become one, but not with those outside", async () => {
    const graph = await trace(
      ({ x, h }) => {
        const outside = h.tanh();
        const { states, results } = scanSteps([x], [outside], ([now], [before]) => ({
          states: [h.tanh().add(now)],
          results: [h.tanh().mul(before).add(h.tanh())],
        }));
        return { h: states[0], y: results[0] };
      },
      { x: [4, 2], h: [2] },
    );
    const simple = simplifyGraph(graph);
    expect(opsOf(simple.nodes)).toEqual(["tanh", "scan"]);
    expect(opsOf(scanOf(simple).body.nodes)).toEqual(["tanh", "add", "mul", "add"]);
    await expectSame(graph, simple, { x: rand([4, 2]), h: rand([2]) });
  });

  test("a value merged outside is replaced inside, and one that leaves the body is replaced there", async () => {
    const graph = await trace(
      ({ x, h }) => {
        const [a, b] = [h.exp(), h.exp()];
        const { states, results } = scanSteps([x], [a], ([now], [before]) => ({
          states: [before.mul(now)],
          results: [now.add(b), before.mul(now)],
        }));
        return { h: states[0], y: results[0], z: results[1] };
      },
      { x: [4, 2], h: [2] },
    );
    const simple = simplifyGraph(graph);
    expect(opsOf(simple.nodes)).toEqual(["exp", "scan"]);
    const { body } = scanOf(simple);
    expect(opsOf(body.nodes)).toEqual(["mul", "add"]);
    expect(body.results[1]).toBe(body.nextStates[0]);
    await expectSame(graph, simple, { x: rand([4, 2]), h: rand([2]) });
  });

  test("constants are computed", async () => {
    const graph = await trace(
      ({ x }) =>
        scanSteps([x], [], ([now]) => ({ states: [], results: [now.mul(full([2], 3).add(1).sum())] })).results[0],
      { x: [4, 2] },
    );
    const simple = simplifyGraph(graph, cpu());
    expect(opsOf(scanOf(simple).body.nodes)).toEqual(["mul"]);
    expect([...simple.constants.values()].map((data) => [...data])).toEqual([[8]]);
    await expectSame(graph, simple, { x: rand([4, 2]) });
  });

  test("what nothing depends on goes: nodes, states, slices, results, and what fed them", async () => {
    const graph = await trace(
      ({ x, unused, h, counter }) => {
        const fed = unused.exp();
        const { results } = scanSteps([fed, x], [h, counter.neg(), h.abs()], ([a, b], [s, count, carried]) => {
          a.sin();
          return { states: [s.add(b), count.add(1), carried.mul(s)], results: [a.mul(count), s.mul(b)] };
        });
        return { y: results[1] };
      },
      { x: [4, 2], unused: [4, 3], h: [2], counter: [] },
    );
    const simple = simplifyGraph(graph);
    expect(opsOf(simple.nodes)).toEqual(["scan"]);
    const { body, inputs, outputs } = scanOf(simple);
    expect(opsOf(body.nodes)).toEqual(["add", "mul"]);
    expect([body.states, body.slices, body.nextStates, body.results].map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    expect(inputs.map((value) => graph.inputs.find((input) => input.value === value)?.name)).toEqual(["h", "x"]);
    expect(outputs.map((value) => value !== null)).toEqual([false, true]);
    expect(simple.inputs).toEqual(graph.inputs);
    const given = { x: rand([4, 2]), unused: rand([4, 3]), h: rand([2]), counter: zeros([]) };
    await expectSame(graph, simple, given);
  });

  test("a state lives if it is read for another that lives, and a sequence for its steps alone", async () => {
    const graph = await trace(
      ({ x, h }) =>
        scanSteps([x, x.exp()], [h, h.mul(2), h.mul(3)], (_, [a, b, c]) => ({
          states: [a.add(b), b.mul(0.5), c.add(a)],
          results: [c.add(1)],
        })).states[0],
      { x: [4, 2], h: [2] },
    );
    const simple = simplifyGraph(graph);
    const { body, inputs, outputs } = scanOf(simple);
    expect([body.states, body.slices, body.results].map(({ length }) => length)).toEqual([2, 1, 0]);
    expect(inputs[2]).toBe(graph.inputs[0].value);
    expect(outputs.map((value) => value !== null)).toEqual([true, false]);
    await expectSame(graph, simple, { x: rand([4, 2]), h: rand([2]) });
  });

  test("a scan that nothing depends on goes whole, also from inside another", async () => {
    const graph = await trace(
      ({ x, h }) => {
        scanSteps([x], [h], ([now], [s]) => ({ states: [s.add(now)], results: [] }));
        return scanSteps([x], [h], ([now], [s]) => {
          scanSteps([now], [], ([n]) => ({ states: [], results: [n.exp()] }));
          return { states: [s.mul(now)], results: [] };
        }).states[0];
      },
      { x: [4, 2], h: [2] },
    );
    const simple = simplifyGraph(graph);
    expect(opsOf(simple.nodes)).toEqual(["scan"]);
    expect(opsOf(scanOf(simple).body.nodes)).toEqual(["mul"]);
    await expectSame(graph, simple, { x: rand([4, 2]), h: rand([2]) });
  });

  test("pairs of fused nodes stay pairs", async () => {
    const w = rand([2, 2]).requireGrad();
    const graph = await trace(
      ({ x, h }) => {
        const { states } = scanSteps([x], [h], ([now], [s]) => ({
          states: [applyFused("linear", [s, w, null], {})[0].add(now).tanh()],
          results: [],
        }));
        states[0].sum().backward();
        return { dw: w.grad as Tensor };
      },
      { x: [4, 2], h: [2] },
      { constants: { namedTensors: () => [["w", w]] } },
    );
    const simple = simplifyGraph(graph, cpu());
    const back = simple.nodes.filter((node): node is ScanNode => node.kind === "scan")[1].body.nodes;
    const pair = back.find(({ kind }) => kind === "backward") as GraphNode & { kind: "backward" };
    expect(back).toContain(pair.forward);
    await expectSame(graph, simple, { x: rand([4, 2]), h: rand([2]) });
  });
});

describe("with named sizes", () => {
  test("nodes that differ in a size alone stay apart, equal ones become one", async () => {
    const graph = await trace(
      ({ x, y }) => {
        const rows = (t: Tensor): Tensor => ones([t.shape[0]]);
        return { a: rows(x).add(rows(y).sum()), b: rows(x).mul(rows(y).sum()) };
      },
      { x: ["n", 2], y: ["m"] },
    );
    const simple = simplifyGraph(graph, cpu());
    expect(opsOf(simple.nodes)).toEqual(["fill", "fill", "sum", "add", "mul"]);
    for (const [n, m] of [
      [1, 4],
      [3, 1],
    ])
      await expectSame(graph, simple, { x: rand([n, 2]), y: rand([m]) });
  });

  test("what depends on a size is not computed ahead, though it depends on no input; the rest is", async () => {
    const graph = await trace(
      ({ x }) => {
        const count = full([], x.shape[0]).mul(2);
        const spread = tensor([1, 2]).add(1).broadcastTo([x.shape[0], 2]);
        return x.div(count).add(spread);
      },
      { x: ["n", 2] },
    );
    const simple = simplifyGraph(graph, cpu());
    expect(graphToText(simple)).toMatch(/fill\(\) shape=\[\] value=n /);
    expect(opsOf(simple.nodes)).toEqual(["fill", "mul", "broadcast", "div", "add"]);
    for (const n of [1, 5]) await expectSame(graph, simple, { x: rand([n, 2]) });
  });

  test("sizes of what is gone are gone, and those of what is left are known", async () => {
    const graph = await trace(
      ({ x }) => {
        x.reshape([x.shape[0] * 2]).exp();
        return x
          .reshape([2, x.shape[0]])
          .sum(0)
          .add(x.reshape([2, x.shape[0]]));
      },
      { x: ["n", 2] },
    );
    const simple = simplifyGraph(graph);
    const text = graphToText(simple);
    expect(text.match(/reshape/g)).toHaveLength(1);
    expect(text).toMatch(/float32\[2, n\] = reshape\(x\) shape=\[2, n\]/);
    expect([...(simple.dims?.attrs.keys() ?? [])].every((node) => simple.nodes.includes(node))).toBe(true);
    expect(simple.dims?.shapes.size).toBe(simple.nodes.length + 1);
    await expectSame(graph, simple, { x: rand([5, 2]) });
  });
});

test("numbers that look alike as text stay apart", async () => {
  const graph = await trace(
    ({ x }) => {
      const each = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0];
      return Object.fromEntries(each.map((value, i) => [`y${i}`, x.div(full([1], value))]));
    },
    { x: [1] },
  );
  await expectSame(graph, simplifyGraph(graph), { x: ones([1]) });
});

test("equal ops on equal numbers become one, once the numbers are computed", async () => {
  const graph = await trace(({ x }) => x.mul(2).add(x.mul(2)), { x: [2] });
  expect(opsOf(simplifyGraph(graph, cpu()).nodes)).toEqual(["mul", "add"]);
});
