import { type Graph, type HostTensor, UnrolledError } from "@unrolled/backend";
import { checkSame, type Place } from "../assert/compare.js";
import { mustRaise } from "../cases/run-kernel.js";
import { random, tensor, vector } from "../host.js";
import { behaviour, demand } from "./behaviour.js";
import { GraphBuilder } from "./graph-builder.js";
import { checkRun, checkTensors, type HostRecord, same, withProgram } from "./programs.js";
import type { RunnerCase } from "./runner-case.js";
import { accumulator, checkState, feed } from "./state-cases.js";

const float = (...values: readonly number[]): HostTensor => vector("float32", values);

const isComplete = behaviour("program", "has every part of the contract", async (context, place) => {
  const { runner } = context;
  demand(place, "contract", runner.contract === "v1", "contract is not v1", "v1", runner.contract);
  demand(place, "contract", typeof runner.name === "string" && runner.name !== "", "has no name");
  await withProgram(context, place, accumulator(), async (program) => {
    for (const part of ["run", "readState", "writeState", "dispose"] as const) {
      demand(place, "contract", typeof program[part] === "function", `a program has no ${part}`);
    }
  });
});

const kinds: readonly HostTensor[] = [
  random("kinds", "float32", []),
  random("kinds", "float64", [2]),
  random("kinds", "int32", [1, 2]),
  random("kinds", "bool", [2, 1]),
  tensor("float32", [0, 3], []),
  random("kinds", "float32", [1, 2, 1, 3, 2]),
];

const goThrough = kinds.map((x) =>
  behaviour(
    "program",
    `passes ${x.dtype} [${x.shape.join(", ")}] through, from inputs and constants`,
    async (context, place) => {
      const g = new GraphBuilder();
      const value = g.input("x", x.shape, x.dtype);
      g.output("y", value);
      g.output("again", value);
      g.output("constant", g.constant(x));
      const wanted = { y: same(x), again: same(x), constant: same(x) };
      await withProgram(context, place, g.build("identity"), (program) => checkRun(place, program, { x }, wanted));
    },
    { needs: [x.dtype] },
  ),
);

function scaled(): { readonly graph: Graph; readonly factor: HostTensor } {
  const factor = float(2, 3);
  const g = new GraphBuilder();
  const x = g.input("x", [2]);
  const c = g.constant(factor);
  g.output("y", g.op("mul", [x, c]));
  g.output("c", c);
  g.output("x.out", x);
  return { graph: g.build("scaled"), factor };
}

const constantsAreCopied = behaviour("program", "keeps its own copy of the constants", async (context, place) => {
  const { graph, factor } = scaled();
  await withProgram(context, place, graph, async (program) => {
    factor.data.fill(99);
    const x = float(1, 1);
    await checkRun(place, program, { x }, { y: same(float(2, 3)), c: same(float(2, 3)), "x.out": same(x) });
  });
});

const handsOut = behaviour("program", "hands out arrays of the caller's own", async (context, place) => {
  await withProgram(context, place, scaled().graph, async (program) => {
    const x = float(1, 1);
    const wanted = { y: same(float(2, 3)), c: same(float(2, 3)), "x.out": same(float(1, 1)) };
    const outputs = await program.run({ x });
    for (const { data } of Object.values(outputs)) data.fill(99);
    checkSame(place, "inputs", "the input", x.data, Float32Array.of(1, 1), x.shape);
    checkTensors(place, "output", await program.run({ x }), wanted);
  });
});

const leavesInputs = behaviour("program", "leaves its inputs as they are", async (context, place) => {
  const x = random("leaves inputs", "float32", [3, 5]);
  const before = x.data.slice();
  const g = new GraphBuilder();
  const value = g.input("x", [3, 5]);
  g.output("y", g.op("relu", [g.op("neg", [value])]));
  await withProgram(context, place, g.build("relu"), async (program) => {
    const { y } = await program.run({ x });
    checkSame(place, "inputs", "the input after a run", x.data, before, x.shape);
    x.data.fill(99);
    await program.run({ x });
    const wanted = Float32Array.from(before, (v) => Math.max(0, -v));
    checkSame(place, "copy", "an output after the next run", y.data, wanted, y.shape);
  });
});

const nothingIn = behaviour("program", "may have no inputs", async (context, place) => {
  const g = new GraphBuilder();
  g.output("zeros", g.op("fill", [], { shape: [2], value: 0, dtype: "float32" }));
  g.output("count", g.op("iota", [], { length: 3, dtype: "float32" }));
  await withProgram(context, place, g.build("constants"), (program) =>
    checkRun(place, program, {}, { zeros: same(float(0, 0)), count: same(float(0, 1, 2)) }),
  );
});

const chain = behaviour("program", "may be a long chain", async (context, place) => {
  const g = new GraphBuilder();
  const x = g.input("x", [2]);
  const one = g.constant(tensor("float32", [], [1]));
  let y = x;
  for (let i = 0; i < 200; i++) y = g.op("add", [y, one]);
  g.output("y", y);
  await withProgram(context, place, g.build("chain"), (program) =>
    checkRun(place, program, { x: float(0, 5) }, { y: same(float(200, 205)) }),
  );
});

const unwanted = behaviour("program", "leaves out what nobody wants", async (context, place) => {
  const g = new GraphBuilder();
  const [T, B, I, H] = [3, 2, 2, 1];
  const zeros = (...shape: readonly number[]): HostTensor =>
    tensor("float32", shape, new Array(shape.reduce((a, b) => a * b)).fill(0));
  const x = g.input("x", [T, B, I]);
  const weights = [zeros(B, H), zeros(B, H), zeros(4 * H, I), zeros(4 * H, H)].map((w) => g.constant(w));
  const { outputs } = g.node(
    "lstmSequence",
    [x, ...weights, null, null, null, null],
    { reverse: false },
    [],
    [false, true, false],
  );
  if (outputs[1]) g.output("h", outputs[1]);
  g.op("exp", [x]);
  await withProgram(context, place, g.build("last state"), (program) =>
    checkRun(place, program, { x: random("unwanted", "float32", [T, B, I]) }, { h: same(zeros(B, H)) }),
  );
});

const samePrepared = behaviour(
  "program",
  "of one graph can be prepared again after dispose",
  async (context, place) => {
    const { graph } = scaled();
    for (let i = 0; i < 2; i++) {
      await withProgram(context, place, graph, async (program) => {
        checkTensors(place, "output", await program.run({ x: float(1, 2) }), {
          y: same(float(2, 6)),
          c: same(float(2, 3)),
          "x.out": same(float(1, 2)),
        });
      });
    }
  },
);

const noGrowth = behaviour(
  "program",
  "leaves nothing behind, run after run",
  async (context, place) => {
    await withProgram(context, place, accumulator(), async (program) => {
      const take = async (): Promise<{ readonly buffers: number; readonly bytes: number }> => {
        await program.run(feed(1, 1));
        program.runSync?.(feed(1, 1));
        await program.run({}).catch(() => null);
        await program.writeState(await program.readState());
        return context.memory?.() ?? { buffers: 0, bytes: 0 };
      };
      const first = await take();
      for (let i = 0; i < 3; i++) {
        const later = await take();
        const flat = later.buffers === first.buffers && later.bytes === first.bytes;
        demand(place, "memory", flat, "buffers grow from run to run", first, later);
      }
    });
  },
  { unless: ({ memory }) => (memory === null ? "nobody counts its buffers" : null) },
);

const right: HostRecord = { x: tensor("float32", [2, 3], [1, 2, 3, 4, 5, 6]), index: vector("int32", [0, 1]) };

function picker(): Graph {
  const g = new GraphBuilder();
  const x = g.input("x", [2, 3]);
  const index = g.input("index", [2], "int32");
  g.output("y", g.op("gather", [x, index], { axis: 0 }));
  return g.build("picker");
}

const wrong: readonly (readonly [title: string, error: string, names: string, inputs: HostRecord])[] = [
  ["one missing", "ArgumentError", "index", { x: right.x }],
  ["one too many", "ArgumentError", "rate", { ...right, rate: float(1) }],
  ["another size", "ShapeError", "x", { ...right, x: tensor("float32", [3, 2], [1, 2, 3, 4, 5, 6]) }],
  ["another rank", "ShapeError", "x", { ...right, x: tensor("float32", [6], [1, 2, 3, 4, 5, 6]) }],
  ["too few elements", "ShapeError", "x", { ...right, x: { ...right.x, data: new Float32Array(5) } }],
  ["another dtype", "DTypeError", "x", { ...right, x: tensor("int32", [2, 3], [1, 2, 3, 4, 5, 6]) }],
  ["another typed array", "DTypeError", "x", { ...right, x: { ...right.x, data: new Int32Array(6) } }],
];

const refusesInputs = wrong.map(([title, error, culprit, inputs]) =>
  behaviour(
    "inputs",
    `with ${title} are refused by name`,
    async (context, place) => {
      await withProgram(context, place, picker(), async (program) => {
        const attempts = [() => program.run(inputs), ...(program.runSync ? [() => program.runSync?.(inputs)] : [])];
        for (const attempt of attempts) {
          await mustRaise(place, "raises", title, error, attempt);
          await mustName(place, culprit, attempt);
        }
        await checkRun(place, program, right, { y: same(right.x) });
      });
    },
    { needs: ["float32", "int32"] },
  ),
);

async function mustName(place: Place, culprit: string, attempt: () => unknown): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    const message = UnrolledError.is(error) ? error.message : "";
    demand(place, "raises", message.includes(`"${culprit}"`), "the error does not name the input", culprit, message);
  }
}

const afterDispose = behaviour("dispose", "leaves a program that refuses every call", async ({ runner }, place) => {
  const program = await runner.prepare(accumulator());
  const state = await program.readState();
  await program.dispose();
  const refuse = (what: string, body: () => unknown): Promise<void> =>
    mustRaise(place, "dispose", what, "BackendError", body);
  await refuse("run", () => program.run(feed(1, 1)));
  if (program.runSync) await refuse("runSync", () => program.runSync?.(feed(1, 1)));
  await refuse("readState", () => program.readState());
  await refuse("writeState", () => program.writeState(state));
});

const disposeTwice = behaviour("dispose", "may be called twice", async ({ runner }, _place) => {
  const program = await runner.prepare(accumulator());
  await Promise.all([program.dispose(), program.dispose()]);
  await program.dispose();
});

const disposeWaits = behaviour("dispose", "lets runs under way end", async ({ runner }, place) => {
  const program = await runner.prepare(accumulator());
  const runs = [program.run(feed(1, 1)), program.run(feed(2, 2))];
  await program.dispose();
  const [, second] = await Promise.all(runs);
  checkTensors(place, "output", second, { before: same(float(2, 3)), doubled: same(float(8, 10)) });
});

const disposeAlone = behaviour("dispose", "leaves other programs of the graph alone", async (context, place) => {
  const graph = accumulator();
  await withProgram(context, place, graph, async (stays) => {
    await (await context.runner.prepare(graph)).dispose();
    await stays.run(feed(1, 1));
    await checkState(place, stays, float(2, 3), float(1, 1));
  });
});

/** What a prepared graph promises, whatever it computes. */
export const programCases: readonly RunnerCase[] = [
  isComplete,
  ...goThrough,
  constantsAreCopied,
  handsOut,
  leavesInputs,
  nothingIn,
  chain,
  unwanted,
  samePrepared,
  noGrowth,
  ...refusesInputs,
  afterDispose,
  disposeTwice,
  disposeWaits,
  disposeAlone,
];
