import { type Graph, type GraphNode, type HostTensor, type Runner, type ScanNode, sizeOf } from "@unrolled/backend";
import { type Check, ConformanceError, runnerConformanceCases, runRunnerConformance } from "@unrolled/testkit";
import { expect, test } from "vitest";
import { copyOf, type RunnerPlant, toyRunner } from "./toy-runner.js";

interface Defect {
  readonly what: string;
  readonly plant: RunnerPlant;
  readonly caughtBy: string;
  readonly check: Check;
  readonly memory?: () => { readonly buffers: number; readonly bytes: number };
}

let leaked = 0;

/** Changes every scan, those inside of scans too. */
function scans(nodes: readonly GraphNode[], change: (node: ScanNode) => ScanNode): GraphNode[] {
  return nodes.map((node) =>
    node.kind === "scan" ? change({ ...node, body: { ...node.body, nodes: scans(node.body.nodes, change) } }) : node,
  );
}

const withScans =
  (change: (node: ScanNode) => ScanNode) =>
  (graph: Graph): Graph => ({ ...graph, nodes: scans(graph.nodes, change) });

function zeros(x: HostTensor): HostTensor {
  return { ...x, data: x.data.slice().fill(0) as HostTensor["data"] };
}

const defects: readonly Defect[] = [
  {
    what: "a state that is not carried",
    plant: {
      program(p, graph) {
        const { run } = p;
        p.run = async (inputs) => {
          const initial = graph.state.map(({ name, input, initial: data }) => [name, { ...input, data }] as const);
          await p.writeState(Object.fromEntries(initial));
          return run(inputs);
        };
      },
    },
    caughtBy: "state is carried from run to run",
    check: "values",
  },
  {
    what: "a state that runSync forgets",
    plant: {
      program(p) {
        const { run } = p;
        let after: Awaited<ReturnType<typeof p.readState>> | null = null;
        p.run = async (inputs) => {
          if (after) await p.writeState(after);
          const outputs = await run(inputs);
          after = await p.readState();
          return outputs;
        };
      },
    },
    caughtBy: "state is carried on by runSync too",
    check: "values",
  },
  {
    what: "a state that a failed run moves",
    plant: {
      program(p) {
        const { run } = p;
        let last: Parameters<typeof run>[0] = {};
        p.run = async (inputs) => {
          try {
            const outputs = await run(inputs);
            last = inputs;
            return outputs;
          } catch (error) {
            await run(last).catch(() => null);
            throw error;
          }
        };
      },
    },
    caughtBy: "state is as before after a run that failed",
    check: "values",
  },
  {
    what: "a state kept in the graph's own array",
    plant: {
      program(p, { state: [first] }) {
        if (first === undefined) return;
        const { readState } = p;
        p.readState = async () => {
          const state = await readState();
          return { ...state, [first.name]: { ...state[first.name], data: first.initial } };
        };
      },
    },
    caughtBy: "state starts from a copy of the graph's elements",
    check: "values",
  },
  {
    what: "a state shared by the programs of a graph",
    plant: (() => {
      const states = new WeakMap<Graph, Record<string, HostTensor>>();
      const plant: RunnerPlant = {
        program(p, graph) {
          const { run, readState } = p;
          p.run = async (inputs) => {
            const outputs = await run(inputs);
            states.set(graph, await readState());
            return outputs;
          };
          p.readState = async () => states.get(graph) ?? readState();
        },
      };
      return plant;
    })(),
    caughtBy: "state is each program's own",
    check: "values",
  },
  {
    what: "readState handing out what it keeps",
    plant: {
      program(p) {
        const { readState } = p;
        let held: ReturnType<typeof readState> | null = null;
        p.readState = () => {
          held ??= readState();
          return held;
        };
      },
    },
    caughtBy: "state that was read is a copy",
    check: "values",
  },
  {
    what: "writeState keeping what it is given",
    plant: {
      program(p) {
        const { readState } = p;
        let given: Readonly<Record<string, HostTensor>> | null = null;
        p.writeState = async (state) => {
          given = state;
        };
        p.readState = async () => given ?? readState();
      },
    },
    caughtBy: "state that is written is copied, and the runs go on from it",
    check: "values",
  },
  {
    what: "writeState taking over what fits",
    plant: {
      program(p) {
        const { writeState } = p;
        p.writeState = async (state) => {
          const now = await p.readState();
          const fitting = Object.entries(state).filter(
            ([name, x]) =>
              now[name]?.dtype === x.dtype &&
              now[name].shape.join() === x.shape.join() &&
              sizeOf(x.shape) === x.data.length,
          );
          await writeState({ ...now, ...Object.fromEntries(fitting) }).catch(() => null);
          await writeState(state);
        };
      },
    },
    caughtBy: "state with another shape is refused whole",
    check: "values",
  },
  {
    what: "writeState without a look at the names",
    plant: {
      program(p) {
        const { writeState } = p;
        p.writeState = async (state) => writeState({ ...(await p.readState()), ...state });
      },
    },
    caughtBy: "state with a name missing is refused whole",
    check: "raises",
  },
  {
    what: "states assigned one after another",
    plant: {
      graph: (graph) => {
        const outputOf = new Map(graph.state.map(({ input, output }) => [input, output]));
        const [first, ...others] = graph.state;
        if (first === undefined) return graph;
        return {
          ...graph,
          state: [first, ...others.map((s) => ({ ...s, output: outputOf.get(s.output) ?? s.output }))],
        };
      },
    },
    caughtBy: "state tensors may change places",
    check: "values",
  },
  {
    what: "runs that overtake one another",
    plant: {
      program(p) {
        const { run } = p;
        let delay = 4;
        p.run = async (inputs) => {
          for (let i = delay--; i > 0; i--) await new Promise((resolve) => setTimeout(resolve, 1));
          return run(inputs);
        };
      },
    },
    caughtBy: "state moves in the order of the calls",
    check: "order",
  },
  {
    what: "a queue that a failed run stops",
    plant: {
      program(p) {
        const { run } = p;
        let last: Promise<unknown> = Promise.resolve();
        p.run = (inputs) => {
          const turn = last.then(() => run(inputs));
          last = turn;
          return turn;
        };
      },
    },
    caughtBy: "state moves on behind a run that failed",
    check: "order",
  },
  {
    what: "named sizes ignored",
    plant: { graph: ({ dims: _dims, ...graph }) => graph },
    caughtBy: "sizes of inputs and attributes change from run to run",
    check: "raises",
  },
  {
    what: "named sizes of attributes ignored",
    plant: { graph: (graph) => (graph.dims ? { ...graph, dims: { ...graph.dims, attrs: new Map() } } : graph) },
    caughtBy: "sizes may size what is filled, counted, cut, padded and broadcast",
    check: "raises",
  },
  {
    what: "one name taken for two sizes",
    plant: {
      graph: (graph) => {
        if (!graph.dims) return graph;
        const shapes = new Map(graph.dims.shapes);
        const second = graph.inputs[1]?.value;
        if (second) {
          shapes.set(second, [{ terms: [{ coefficient: 1, factors: ["free"] }] }, second.shape[1]]);
        }
        return { ...graph, dims: { ...graph.dims, shapes } };
      },
    },
    caughtBy: "sizes refuse one name with two sizes",
    check: "raises",
  },
  {
    what: "a scan's direction ignored",
    plant: { graph: withScans((node) => ({ ...node, reverse: false })) },
    caughtBy: "scan backwards over 5 steps",
    check: "values",
  },
  {
    what: "a reversed scan's results in the order of the steps",
    plant: {
      program(p, graph) {
        const [node] = graph.nodes;
        if (node?.kind !== "scan" || !node.reverse) return;
        const { run } = p;
        const stacked = new Set(node.outputs.slice(node.body.states.length));
        p.run = async (inputs) => {
          const outputs = copyOf(await run(inputs));
          for (const { name, value } of graph.outputs) if (stacked.has(value)) flipRows(outputs[name]);
          return outputs;
        };
      },
    },
    caughtBy: "scan backwards over 5 steps",
    check: "values",
  },
  {
    what: "a scan giving the states after each step for those before",
    plant: {
      graph: withScans((node) => {
        const after = new Map(node.body.states.map((value, i) => [value, node.body.nextStates[i]]));
        return {
          ...node,
          body: { ...node.body, results: node.body.results.map((value) => after.get(value) ?? value) },
        };
      }),
    },
    caughtBy: "scan over 5 steps",
    check: "values",
  },
  {
    what: "an inner scan running the other way",
    plant: {
      graph: (graph) => ({
        ...graph,
        nodes: graph.nodes.map((node) =>
          node.kind === "scan"
            ? { ...node, body: { ...node.body, nodes: scans(node.body.nodes, (n) => ({ ...n, reverse: !n.reverse })) } }
            : node,
        ),
      }),
    },
    caughtBy: "scan in a scan, the inner one backwards",
    check: "values",
  },
  {
    what: "the bias gradient of a pair dropped",
    plant: {
      program(p) {
        const { run } = p;
        p.run = async (inputs) => {
          const outputs = await run(inputs);
          return outputs.gradient2 ? { ...outputs, gradient2: zeros(outputs.gradient2) } : outputs;
        };
      },
    },
    caughtBy: "linear backward float32 [3, 5] to 7",
    check: "values",
  },
  {
    what: "lengths ignored in a gradient",
    plant: {
      graph: (graph) => {
        const without = new Map<GraphNode, GraphNode>();
        const nodes = graph.nodes.map((node): GraphNode => {
          if (node.kind === "op" && node.op === "rnnSequence") {
            const blind = { ...node, inputs: node.inputs.with(6, null) };
            without.set(node, blind);
            return blind;
          }
          if (node.kind !== "backward") return node;
          return { ...node, forward: (without.get(node.forward) ?? node.forward) as typeof node.forward };
        });
        return { ...graph, nodes };
      },
    },
    caughtBy: "rnnSequence backward tanh float32 T4 B3 I2 H5 lengths mixed",
    check: "values",
  },
  {
    what: "an unknown input accepted",
    plant: {
      program(p, graph) {
        const { run } = p;
        const known = new Set(graph.inputs.map(({ name }) => name));
        p.run = (inputs) => run(Object.fromEntries(Object.entries(inputs).filter(([name]) => known.has(name))));
      },
    },
    caughtBy: "inputs with one too many are refused by name",
    check: "raises",
  },
  {
    what: "an input converted to the dtype in silence",
    plant: {
      program(p, graph) {
        const { run } = p;
        p.run = (inputs) => {
          const converted = graph.inputs.map(({ name, value }) => {
            const x = inputs[name];
            if (x?.dtype !== "int32" || value.dtype !== "float32") return [name, x] as const;
            return [name, { ...x, dtype: value.dtype, data: Float32Array.from(x.data) }] as const;
          });
          return run({ ...inputs, ...Object.fromEntries(converted.filter(([, x]) => x !== undefined)) });
        };
      },
    },
    caughtBy: "inputs with another dtype are refused by name",
    check: "raises",
  },
  {
    what: "an error that does not name the input",
    plant: {
      program(p) {
        const { run } = p;
        p.run = async (inputs) => {
          try {
            return await run(inputs);
          } catch (error) {
            if (error instanceof Error) error.message = "run: something is wrong with the inputs; give others";
            throw error;
          }
        };
      },
    },
    caughtBy: "inputs with another size are refused by name",
    check: "raises",
  },
  {
    what: "outputs that are the program's own arrays",
    plant: {
      program(p) {
        const { run } = p;
        const held = new Map<string, HostTensor>();
        p.run = async (inputs) => {
          const outputs = await run(inputs);
          for (const [name, x] of Object.entries(outputs)) {
            const before = held.get(name);
            if (before) before.data.set(x.data);
            else held.set(name, x);
          }
          return Object.fromEntries(held);
        };
      },
    },
    caughtBy: "program leaves its inputs as they are",
    check: "copy",
  },
  {
    what: "an output under another shape",
    plant: {
      program(p) {
        const { run } = p;
        p.run = async (inputs) => {
          const outputs = Object.entries(await run(inputs));
          return Object.fromEntries(outputs.map(([name, x]) => [name, { ...x, shape: [x.data.length] }]));
        };
      },
    },
    caughtBy: "add float32 [3, 5] [5]",
    check: "shape",
  },
  {
    what: "an output left out",
    plant: {
      program(p) {
        const { run } = p;
        p.run = async (inputs) => Object.fromEntries(Object.entries(await run(inputs)).slice(1));
      },
    },
    caughtBy: "state is carried from run to run",
    check: "contract",
  },
  {
    what: "NaN as the sum of nothing",
    plant: {
      program(p, graph) {
        const { run } = p;
        const empty = graph.inputs.some(({ value }) => sizeOf(value.shape) === 0);
        p.run = async (inputs) => {
          const outputs = copyOf(await run(inputs));
          if (empty) for (const { data } of Object.values(outputs)) data.fill(Number.NaN);
          return outputs;
        };
      },
    },
    caughtBy: "sum float32 of nothing is 0",
    check: "values",
  },
  {
    what: "a buffer leaked by each run",
    plant: {
      program(p) {
        const { run } = p;
        p.run = (inputs) => {
          leaked++;
          return run(inputs);
        };
      },
    },
    memory: () => ({ buffers: leaked, bytes: 4 * leaked }),
    caughtBy: "program leaves nothing behind, run after run",
    check: "memory",
  },
  {
    what: "buffers that stay after dispose",
    plant: {
      program() {
        leaked++;
      },
    },
    memory: () => ({ buffers: leaked, bytes: 4 * leaked }),
    caughtBy: "state is carried from run to run",
    check: "memory",
  },
  {
    what: "a program that runs after dispose",
    plant: {
      program(p) {
        p.dispose = async () => undefined;
      },
    },
    caughtBy: "dispose leaves a program that refuses every call",
    check: "dispose",
  },
  {
    what: "dispose cutting off runs under way",
    plant: {
      program(p) {
        const { run, dispose } = p;
        let disposed = false;
        p.run = async (inputs) => {
          await new Promise((resolve) => setTimeout(resolve, 0));
          if (disposed) throw new Error("gone");
          return run(inputs);
        };
        p.dispose = () => {
          disposed = true;
          return dispose();
        };
      },
    },
    caughtBy: "dispose lets runs under way end",
    check: "raises",
  },
  {
    what: "a program without a part of the contract",
    plant: { program: (program) => void Reflect.deleteProperty(program, "readState") },
    caughtBy: "add float32 [3, 5] [5]",
    check: "contract",
  },
];

/** Swaps the first with the last step, and so on, in place. */
function flipRows({ data, shape }: HostTensor): void {
  const [T] = shape;
  const row = data.length / T;
  const before = data.slice();
  for (let t = 0; t < T; t++) data.set(before.subarray((T - 1 - t) * row, (T - t) * row), t * row);
}

const cases = new Map(runnerConformanceCases().map((c) => [c.name, c]));
const none = (): { readonly buffers: number; readonly bytes: number } => ({ buffers: 0, bytes: 0 });

async function failureOf(name: string, plant: RunnerPlant | undefined, memory: Defect["memory"]): Promise<unknown> {
  const found = cases.get(name);
  if (!found) throw new TypeError(`no case is called "${name}"`);
  const dtypes = new Set(["float32", "float64", "int32", "bool"] as const);
  leaked = 0;
  try {
    await found.run({ runner: toyRunner(plant), dtypes, outOfRange: "refused", memory: memory ?? none });
  } catch (error) {
    return error;
  }
  return null;
}

test.each(defects)("$what is caught", async ({ plant, caughtBy, check, memory }) => {
  expect(await failureOf(caughtBy, undefined, memory)).toBeNull();
  const caught = await failureOf(caughtBy, plant, memory);
  expect(caught).toBeInstanceOf(ConformanceError);
  expect(caught).toMatchObject({ case: caughtBy, check });
});

test("a runner of a few dtypes is asked for those alone", async () => {
  const dtypes = new Set(["float32"] as const);
  const ops = ["state", "add", "gather"] as const;
  const report = await runRunnerConformance({ name: "narrow", runner: () => toyRunner(), dtypes, ops });
  expect(report.failed).toEqual([]);
  expect(report.level).toBe("runner");
  expect(report.passed).toContain("add float32 [3, 5] [5]");
  expect(report.notApplicable).toContainEqual({ name: "add int32 [3, 5] [5]", reason: "it has no int32" });
});

test("a prepare that gives nothing is named, and so are the parts that a program lacks", async () => {
  for (const [program, problem] of [
    [undefined, "add: prepare gave undefined"],
    [{ run: async () => ({}) }, "add: the program that prepare gave has no readState, writeState, dispose"],
  ] as const) {
    const runner = { contract: "v1", name: "half", prepare: async () => program } as unknown as Runner;
    const { failed } = await runRunnerConformance({ name: "half", runner: () => runner, ops: ["add"] });
    expect(failed[0].error).toBeInstanceOf(ConformanceError);
    expect(String(failed[0].error)).toContain(problem);
  }
});
