import { ArgumentError, type Graph, GraphError, type GraphValue, type HostTensor, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  concat,
  customGrad,
  executeNodes,
  grad,
  interpreter,
  lowerFused,
  noGrad,
  ones,
  type ScanStep,
  scanSteps,
  setDefaultBackend,
  simplifyGraph,
  type Tensor,
  type TensorRecord,
  tensor,
  trace,
  where,
  zeros,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { fakeDevice } from "./support/device.js";
import { between, expectClose, f64 } from "./support/numbers.js";

setDefaultBackend(cpu());

const host = (t: Tensor): HostTensor => ({ data: t.dataSync(), shape: t.shape, dtype: t.dtype });
const [T, B, H] = [4, 2, 3];

/** Outputs of a function of leaves, and the gradients of the sum of their squares. */
function withGradients(fn: (given: TensorRecord) => TensorRecord, leaves: TensorRecord): TensorRecord {
  const out = fn(leaves);
  const loss = Object.values(out)
    .map((t) => t.cast("float64").square().sum())
    .reduce((a, b) => a.add(b));
  const names = Object.keys(leaves).filter((name) => leaves[name].requiresGrad);
  const found = grad(
    loss,
    names.map((name) => leaves[name]),
    { allowUnused: true },
  );
  return { ...out, ...Object.fromEntries(names.map((name, i) => [`d_${name}`, found[i]])) };
}

const leavesOf = (tensors: TensorRecord): TensorRecord =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.detach().requireGrad(t.dtype === "float64")]));

async function runs(graph: Graph, given: TensorRecord): Promise<Record<string, HostTensor>> {
  const program = await interpreter(cpu()).prepare(graph);
  return program.run(Object.fromEntries(Object.entries(given).map(([name, t]) => [name, host(t)])));
}

/** Traces a function with its gradients; the numbers must be the eager ones, also simplified, unrolled and on a device. */
async function expectTracedAsEager(fn: (given: TensorRecord) => TensorRecord, given: TensorRecord): Promise<Graph> {
  const expected = withGradients(fn, leavesOf(given));
  const graph = await trace((inputs) => withGradients(fn, leavesOf(inputs)), given);
  for (const each of [graph, simplifyGraph(graph), simplifyGraph(graph, cpu()), lowerFused(graph)]) {
    const found = await runs(each, given);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, t] of Object.entries(expected)) {
      expect([name, found[name].shape]).toEqual([name, t.shape]);
      expectClose(found[name].data, t, 1e-12);
    }
  }
  return graph;
}

const scansIn = (graph: Graph): number => graph.nodes.filter(({ kind }) => kind === "scan").length;

const given = {
  x: between(-1, 1, [T, B, H]),
  h: between(-1, 1, [B, H]),
  c: between(-1, 1, [B, H]),
  w: between(-1, 1, [H, H]),
  b: between(-1, 1, [H]),
};

/** Every one of these gives the same numbers eagerly and traced, with gradients of all float inputs. */
const functions: Readonly<Record<string, (given: TensorRecord) => TensorRecord>> = {
  "one state": ({ x, h, w, b }) => {
    const { states, results } = scanSteps([x], [h], ([now], [before]) => {
      const next = now.add(before.matmul(w)).add(b).tanh();
      return { states: [next], results: [next] };
    });
    return { h: states[0], y: results[0] };
  },
  reverse: ({ x, h, w }) => {
    const step = ([now]: readonly Tensor[], [before]: readonly Tensor[]): ScanStep => {
      const next = now.add(before.matmul(w)).tanh();
      return { states: [next], results: [next, before.mul(2)] };
    };
    const { states, results } = scanSteps([x], [h], step, { reverse: true });
    return { h: states[0], y: results[0], z: results[1] };
  },
  "several states, of which one is never changed": ({ x, h, c, w }) => {
    const { states, results } = scanSteps([x], [h, c, h], ([now], [a, b, fixed]) => {
      const next = now.mul(a).add(b.matmul(w)).tanh();
      return { states: [next, b.mul(0.5).add(a), fixed], results: [next.mul(fixed)] };
    });
    return { h: states[0], c: states[1], fixed: states[2], y: results[0] };
  },
  "a state that nothing reads": ({ x, h, c }) => {
    const { results } = scanSteps([x], [h, c], ([now], [a, b]) => ({
      states: [a.mul(0.5), b.mul(now)],
      results: [now.mul(a)],
    }));
    return { y: results[0] };
  },
  "no states": ({ x, w }) => ({
    y: scanSteps([x], [], ([now]) => ({ states: [], results: [now.matmul(w).sigmoid()] })).results[0],
  }),
  "last states only": ({ x, h, w }) => ({
    h: scanSteps([x], [h], ([now], [before]) => ({ states: [before.matmul(w).add(now).tanh()], results: [] }))
      .states[0],
  }),
  "a weight used twice in a step, and once outside": ({ x, h, w }) => {
    const { results } = scanSteps([x], [h], ([now], [before]) => {
      const next = now.matmul(w).add(before.matmul(w)).tanh();
      return { states: [next], results: [next] };
    });
    return { y: results[0].add(x.matmul(w)) };
  },
  "captured tensors that were computed, one from another": ({ x, h, w, b }) => {
    const weight = w.mul(2).tanh();
    const bias = weight.sum(0).mul(b);
    const { results } = scanSteps([x], [h.mul(3)], ([now], [before]) => {
      const next = now.matmul(weight).add(before).add(bias).tanh();
      return { states: [next], results: [next] };
    });
    return { y: results[0] };
  },
  "one tensor as two sequences, as the state's start and captured": ({ x, h, w }) => {
    const total = x.sum(0);
    const { states, results } = scanSteps([x, x.mul(2), x], [total, h], ([a, b, c], [s, k]) => ({
      states: [a.add(s.mul(0.1)).tanh(), k.mul(c)],
      results: [b.mul(s).add(total).add(x.sum()), c.matmul(w)],
    }));
    return { s: states[0], k: states[1], y: results[0], z: results[1] };
  },
  "results that are slices, states or captured themselves": ({ x, h, b }) => {
    const { states, results } = scanSteps([x], [h], ([now], [before]) => ({
      states: [now],
      results: [now, before, b],
    }));
    return { h: states[0], x: results[0], before: results[1], b: results[2] };
  },
  "a scan in a scan": ({ x, h, w }) => {
    const { states, results } = scanSteps([x], [h], ([row], [outer]) => {
      const inner = scanSteps([row, outer], [row.select(0, 0)], ([a, o], [s]) => {
        const next = a.mul(o).add(s.unsqueeze(0).matmul(w).squeeze(0)).tanh();
        return { states: [next], results: [next.mul(s)] };
      });
      return { states: [outer.mul(0.5).add(inner.results[0])], results: [inner.states[0]] };
    });
    return { h: states[0], y: results[0] };
  },
  "scans one after the other, one in each direction": ({ x, h, w }) => {
    const run = (sequence: Tensor, reverse: boolean): Tensor => {
      const step = ([now]: readonly Tensor[], [before]: readonly Tensor[]): ScanStep => {
        const next = now.add(before.matmul(w)).tanh();
        return { states: [next], results: [next] };
      };
      return scanSteps([sequence], [h], step, { reverse }).results[0];
    };
    const forward = run(x, false);
    return { y: concat([forward, run(forward.mul(x), true)], 2) };
  },
  "gradients that a step cuts off": ({ x, h, w, b }) => {
    const fixed = b.detach();
    const { states, results } = scanSteps([x], [h], ([now], [before]) => {
      const gate = before.detach().add(w.detach().sum(0)).sigmoid();
      const scale = noGrad(() => now.abs().sum());
      const next = now.matmul(w).mul(gate).add(b.mul(fixed)).add(before).tanh();
      return { states: [next], results: [next.mul(scale)] };
    });
    return { h: states[0], y: results[0] };
  },
  "a gradient of one's own in a step": ({ x, h }) => {
    const clipped = customGrad((t: Tensor) => ({ value: t.mul(1), gradient: (g) => [g.mul(0.25)] }));
    const { states } = scanSteps([x], [h], ([now], [before]) => ({ states: [clipped(before.add(now))], results: [] }));
    return { h: states[0] };
  },
  "a fused op in a step": ({ x, h, w, b }) => {
    const { results } = scanSteps([x], [h], ([now], [before]) => {
      const next = applyFused("linear", [before, w, b], {})[0].add(now).tanh();
      return { states: [next], results: [next] };
    });
    return { y: results[0] };
  },
  "a constant made in a step": ({ x, h }) => {
    const { results } = scanSteps([x], [h], ([now], [before]) => {
      const next = now.mul(tensor([1, -2, 3], { dtype: "float64", backend: now.backend })).add(before);
      return { states: [next], results: [next] };
    });
    return { y: results[0] };
  },
};

test.each(Object.entries(functions))("%s: a loop eagerly, a node where traced, the same numbers", async (_name, fn) => {
  const graph = await expectTracedAsEager(fn, given);
  expect(scansIn(graph)).toBeGreaterThan(1);
});

test("sequences and states of whole numbers pass along", async () => {
  const lengths = tensor([3, 1], { dtype: "int32" });
  const t = tensor([0, 1, 2, 3], { dtype: "int32" });
  const fn = ({ x, h, t: steps, lengths: ends }: TensorRecord): TensorRecord => {
    const count = zeros([B], { dtype: "int32", backend: x.backend });
    const { states, results } = scanSteps([steps, x], [h, count], ([now, row], [before, seen]) => {
      const runs = now.less(ends);
      const next = where(runs.unsqueeze(1), row.add(before).tanh(), before);
      return { states: [next, seen.add(runs.cast("int32"))], results: [where(runs.unsqueeze(1), next, 0), now] };
    });
    return { h: states[0], count: states[1], y: results[0], t: results[1] };
  };
  await expectTracedAsEager(fn, { x: given.x, h: given.h, t, lengths });
});

test("a step of a sequence in a training step, with state held by the program", async () => {
  const make = (): { w: Tensor; step: (x: Tensor) => Tensor; named: { namedTensors(): [string, Tensor][] } } => {
    const w = given.w.detach().requireGrad();
    const step = (x: Tensor): Tensor => {
      const { states } = scanSteps([x], [zeros([B, H], { dtype: "float64", backend: x.backend })], ([now], [h]) => ({
        states: [now.add(h.matmul(w)).tanh()],
        results: [],
      }));
      const loss = states[0].square().mean();
      loss.backward();
      noGrad(() => w.sub_((w.grad as Tensor).mul(0.5)));
      w.grad = null;
      return loss;
    };
    return { w, step, named: { namedTensors: () => [["w", w]] } };
  };
  const [traced, eager] = [make(), make()];
  const graph = await trace(({ x }) => ({ loss: traced.step(x) }), { x: given.x }, { state: traced.named });
  const { backend, buffers } = fakeDevice();
  for (const [each, on] of [
    [graph, cpu()],
    [simplifyGraph(graph, cpu()), cpu()],
    [graph, backend],
  ] as const) {
    const program = await interpreter(on).prepare(each);
    const held = buffers();
    const reference = make();
    for (let i = 0; i < 4; i++) {
      const { loss } = await program.run({ x: host(given.x) });
      expectClose(loss.data, reference.step(given.x), 1e-12);
      expect(buffers()).toBe(held);
    }
    expectClose((await program.readState()).w.data, reference.w, 1e-12);
    await program.dispose();
  }
  expect(buffers()).toBe(0);
  expect(eager.w.toArray()).toEqual(traced.w.toArray());
});

test("a graph with scans, run on tensors that record, has gradients, and is traced as scans again", async () => {
  const fn = functions["a scan in a scan"];
  const graph = await trace((inputs) => fn(inputs), given);
  const rerun = (tensors: TensorRecord): TensorRecord => {
    const [{ backend }] = Object.values(tensors);
    const values = new Map<GraphValue, Tensor>(graph.inputs.map(({ name, value }) => [value, tensors[name]]));
    executeNodes(graph, backend, values, { record: true });
    return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, values.get(value) as Tensor]));
  };
  const [expected, found] = [fn, rerun].map((each) => withGradients(each, leavesOf(given)));
  for (const [name, t] of Object.entries(expected)) expectClose(found[name], t, 1e-12);
  expect(scansIn(await expectTracedAsEager(rerun, given))).toBe(2);
});

describe("a time axis with a name", () => {
  test("runs for every length, with gradients", async () => {
    const fn = functions["one state"];
    const graph = await trace((inputs) => withGradients(fn, leavesOf(inputs)), {
      ...given,
      x: { shape: ["time", B, H], dtype: "float64" },
    });
    expect(graph.dims?.sizes.time).not.toBe(T);
    for (const each of [graph, simplifyGraph(graph, cpu())]) {
      for (const steps of [1, 2, T, 11]) {
        const now = { ...given, x: between(-1, 1, [steps, B, H]) };
        const expected = withGradients(fn, leavesOf(now));
        const found = await runs(each, now);
        for (const [name, t] of Object.entries(expected)) {
          expect(found[name].shape).toEqual(t.shape);
          expectClose(found[name].data, t, 1e-12);
        }
      }
    }
  });
});

describe("what is refused", () => {
  const add = ([now]: readonly Tensor[], [before]: readonly Tensor[]): ScanStep => ({
    states: [before.add(now)],
    results: [],
  });

  test("no sequences, none alike, none with steps", () => {
    expect(() => scanSteps([], [], () => ({ states: [], results: [] }))).toThrow(ArgumentError);
    expect(() => scanSteps([ones([3, 2]), ones([2, 2])], [ones([2])], add)).toThrow(ShapeError);
    expect(() => scanSteps([ones([0, 2])], [ones([2])], add)).toThrow(/of one step or more/);
    expect(() => scanSteps([ones([])], [ones([2])], add)).toThrow(ShapeError);
    expect(() => scanSteps([ones([3])], [ones([])], add, { reversed: true } as object)).toThrow(/reversed/);
  });

  test.each<[string, ScanStep]>([
    ["another shape", { states: [ones([3])], results: [] }],
    ["another dtype", { states: [ones([2], { dtype: "int32" })], results: [] }],
    ["one too few", { states: [], results: [] }],
  ])("a state of %s", async (_name, next) => {
    expect(() => scanSteps([ones([3, 2])], [ones([2])], () => next)).toThrow(
      /the states were float32 \[2\] and became/,
    );
    await expect(
      trace(({ x }) => scanSteps([x], [x.select(0, 0)], () => next).states[0], { x: [3, 2] }),
    ).rejects.toThrow(/the states were float32 \[2\] and became/);
  });

  test("gradients of second order", async () => {
    const attempt = trace(({ x, h, c, w, b }) => {
      const leaves = leavesOf({ x, h, c, w, b });
      const [d] = grad(functions["one state"](leaves).y.sum(), [leaves.w], { createGraph: true });
      return grad(d.square().sum(), [leaves.w])[0];
    }, given);
    await expect(attempt).rejects.toThrow(GraphError);
    await expect(attempt).rejects.toThrow(/scanSteps: a traced scan has first gradients only/);
  });

  test("a tensor from outside changed in place, or changed before its gradient is taken", async () => {
    const total = { t: zeros([2]) };
    const named = { namedTensors: () => Object.entries(total) };
    const inside = trace(
      ({ x }) =>
        scanSteps([x], [], ([now]) => {
          total.t.add_(now);
          return { states: [], results: [now.mul(total.t)] };
        }).results[0],
      { x: [3, 2] },
      { state: named },
    );
    await expect(inside).rejects.toThrow(/changes a tensor from outside in place; make it a state/);
    expect(total.t.toArray()).toEqual([0, 0]);
    const later = trace(
      ({ x }) => {
        const leaf = x.detach().requireGrad();
        const y = scanSteps([leaf], [], ([now]) => ({ states: [], results: [now.mul(total.t)] })).results[0];
        total.t.fill_(3);
        return grad(y.sum(), [leaf])[0];
      },
      { x: [3, 2] },
      { state: named },
    );
    await expect(later).rejects.toThrow(/a tensor that scan needs for its gradient was changed in place/);
  });

  test("tensors that leave a step by another way", async () => {
    const leaks = (use: (leaked: Tensor) => Tensor): Promise<Graph> => {
      let leaked: Tensor = f64([0]);
      return trace(
        ({ x }) => {
          scanSteps([x], [], ([now]) => {
            leaked = now.mul(2);
            return { states: [], results: [now] };
          });
          return use(leaked);
        },
        { x: [3, 2] },
      );
    };
    await expect(leaks((t) => t)).rejects.toThrow(/made in a step is used outside of it; return it from the step/);
    await expect(leaks((t) => t.add(1))).rejects.toThrow(GraphError);
  });

  test("tensors that the trace does not know", async () => {
    const outside = ones([2]);
    const use = (step: (now: Tensor) => ScanStep, states: Tensor[] = []): Promise<Graph> =>
      trace(({ x }) => scanSteps([x], states, ([now]) => step(now)).results[0], { x: [3, 2] });
    await expect(use((now) => ({ states: [], results: [now.add(outside)] }))).rejects.toThrow(/does not list it/);
    await expect(use(() => ({ states: [], results: [outside] }))).rejects.toThrow(/scanSteps:.*does not list it/);
    await expect(use((now) => ({ states: [now], results: [now] }), [outside])).rejects.toThrow(/does not list it/);
  });

  test("a step that throws leaves the tracer whole", async () => {
    const graph = await trace(
      ({ x }) => {
        expect(() =>
          scanSteps([x], [], () => {
            throw new RangeError("inside");
          }),
        ).toThrow("inside");
        return x.add(1);
      },
      { x: [3, 2] },
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual(["fill", "add"]);
  });
});
