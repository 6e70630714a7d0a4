import type { Graph, HostTensor, Program } from "@unrolled/backend";
import type { Place } from "../assert/compare.js";
import { mustRaise } from "../cases/run-kernel.js";
import { tensor, vector } from "../host.js";
import { behaviour, demand } from "./behaviour.js";
import { GraphBuilder } from "./graph-builder.js";
import { checkTensors, type HostRecord, same, withProgram } from "./programs.js";
import type { RunnerCase } from "./runner-case.js";

const float = (...values: readonly number[]): HostTensor => vector("float32", values);

/** `sum += x` and `last = x`; the output is the sum before, twice the sum after, and x. */
export function accumulator(initial: HostTensor = float(1, 2)): Graph {
  const g = new GraphBuilder();
  const sum = g.state("sum", initial);
  g.state("last", float(0, 0));
  const x = g.input("x", [2]);
  const after = g.op("add", [sum, x]);
  g.next("sum", after);
  g.next("last", x);
  g.output("before", sum);
  g.output("doubled", g.op("add", [after, after]));
  return g.build("accumulator");
}

export const feed = (a: number, b: number): HostRecord => ({ x: float(a, b) });

export async function checkState(place: Place, program: Program, sum: HostTensor, last: HostTensor): Promise<void> {
  checkTensors(place, "state", await program.readState(), { sum: same(sum), last: same(last) });
}

const carries = behaviour("state", "is carried from run to run", async (context, place) => {
  await withProgram(context, place, accumulator(), async (program) => {
    await checkState(place, program, float(1, 2), float(0, 0));
    checkTensors(place, "output", await program.run(feed(1, -1)), {
      before: same(float(1, 2)),
      doubled: same(float(4, 2)),
    });
    checkTensors(place, "output", await program.run(feed(0.5, 3)), {
      before: same(float(2, 1)),
      doubled: same(float(5, 8)),
    });
    await checkState(place, program, float(2.5, 4), float(0.5, 3));
  });
});

const carriesSync = behaviour("state", "is carried on by runSync too", async (context, place) => {
  await withProgram(context, place, accumulator(), async (program) => {
    if (!program.runSync) return;
    await program.run(feed(1, 1));
    const outputs = program.runSync(feed(2, 2));
    checkTensors(place, "output", outputs, { before: same(float(2, 3)), doubled: same(float(8, 10)) });
    await program.run(feed(4, 4));
    await checkState(place, program, float(8, 9), float(4, 4));
  });
});

const momentum = behaviour("state", "of an optimiser: a parameter and its momentum", async (context, place) => {
  const g = new GraphBuilder();
  const w = g.state("w", float(1, 2));
  const buffer = g.state("buffer", float(0, 0));
  const gradient = g.input("gradient", [2]);
  const rate = g.input("rate", []);
  const attrs = { momentum: 0.5, nesterov: false, weightDecay: 0, maximize: false };
  const { outputs } = g.node("sgdStep", [w, gradient, buffer, rate, null], attrs);
  for (const [i, name] of ["w", "buffer"].entries()) if (outputs[i]) g.next(name, outputs[i]);
  await withProgram(context, place, g.build("sgd"), async (program) => {
    const inputs = { gradient: float(1, -1), rate: tensor("float32", [], [0.5]) };
    for (let i = 0; i < 3; i++) await program.run(inputs);
    // the buffer is 1, 1.5, 1.75; the parameter moves by half of each
    const wanted = { w: same(float(1 - 2.125, 2 + 2.125)), buffer: same(float(1.75, -1.75)) };
    checkTensors(place, "state", await program.readState(), wanted);
  });
});

const ownCopy = behaviour("state", "starts from a copy of the graph's elements", async (context, place) => {
  const initial = float(1, 2);
  await withProgram(context, place, accumulator(initial), async (program) => {
    initial.data.fill(99);
    await checkState(place, program, float(1, 2), float(0, 0));
  });
});

const ownPrograms = behaviour("state", "is each program's own", async (context, place) => {
  const graph = accumulator();
  await withProgram(context, place, graph, (one) =>
    withProgram(context, place, graph, async (other) => {
      await one.run(feed(5, 5));
      await checkState(place, other, float(1, 2), float(0, 0));
      await other.run(feed(1, 1));
      await checkState(place, one, float(6, 7), float(5, 5));
    }),
  );
});

const readsCopies = behaviour("state", "that was read is a copy", async (context, place) => {
  await withProgram(context, place, accumulator(), async (program) => {
    (await program.readState()).sum.data.fill(99);
    await checkState(place, program, float(1, 2), float(0, 0));
  });
});

const takesCopies = behaviour(
  "state",
  "that is written is copied, and the runs go on from it",
  async (context, place) => {
    await withProgram(context, place, accumulator(), async (program) => {
      const state = { sum: float(10, 20), last: float(3, 4) };
      await program.writeState(state);
      for (const { data } of Object.values(state)) data.fill(99);
      await checkState(place, program, float(10, 20), float(3, 4));
      const outputs = await program.run(feed(1, 2));
      checkTensors(place, "output", outputs, { before: same(float(10, 20)), doubled: same(float(22, 44)) });
    });
  },
);

const swaps = behaviour("state", "tensors may change places", async (context, place) => {
  const g = new GraphBuilder();
  const a = g.state("a", float(1, 2));
  const b = g.state("b", float(3, 4));
  g.next("a", b);
  g.next("b", a);
  await withProgram(context, place, g.build("swap"), async (program) => {
    await program.run({});
    checkTensors(place, "state", await program.readState(), { a: same(float(3, 4)), b: same(float(1, 2)) });
    await program.run({});
    checkTensors(place, "state", await program.readState(), { a: same(float(1, 2)), b: same(float(3, 4)) });
  });
});

const shared = behaviour("state", "of two names may come from one value, or a constant", async (context, place) => {
  const g = new GraphBuilder();
  const a = g.state("a", float(1, 2));
  g.state("b", float(3, 4));
  g.state("c", float(5, 6));
  g.state("still", float(7, 8));
  const doubled = g.op("add", [a, a]);
  g.next("a", doubled);
  g.next("b", doubled);
  g.next("c", g.constant(float(9, 9)));
  await withProgram(context, place, g.build("shared"), async (program) => {
    await program.run({});
    await program.run({});
    checkTensors(place, "state", await program.readState(), {
      a: same(float(4, 8)),
      b: same(float(4, 8)),
      c: same(float(9, 9)),
      still: same(float(7, 8)),
    });
  });
});

const kinds: readonly HostTensor[] = [
  tensor("float32", [], [0.5]),
  tensor("float64", [2], [0.1, 1e-300]),
  tensor("int32", [1, 2], [-7, 2147483647]),
  tensor("bool", [2, 1], [1, 0]),
  tensor("float32", [0, 3], []),
];

const everyKind = kinds.map((x) =>
  behaviour(
    "state",
    `of ${x.dtype} [${x.shape.join(", ")}] is read and written`,
    async (context, place) => {
      const g = new GraphBuilder();
      g.state("s", x);
      await withProgram(context, place, g.build("kept"), async (program) => {
        checkTensors(place, "state", await program.readState(), { s: same(x) });
        const other = tensor(x.dtype, x.shape, new Array(x.data.length).fill(1));
        await program.writeState({ s: other });
        await program.run({});
        checkTensors(place, "state", await program.readState(), { s: same(other) });
      });
    },
    { needs: [x.dtype] },
  ),
);

const fitting = { sum: float(10, 20), last: float(30, 40) };
const misfits: readonly (readonly [title: string, error: string, state: HostRecord])[] = [
  ["a name missing", "ArgumentError", { sum: fitting.sum }],
  ["a name unknown", "ArgumentError", { ...fitting, extra: float(1) }],
  ["another shape", "ShapeError", { ...fitting, last: float(1, 2, 3) }],
  ["another rank", "ShapeError", { ...fitting, last: tensor("float32", [1, 2], [1, 2]) }],
  ["too few elements", "ShapeError", { ...fitting, last: { ...float(1), shape: [2] } }],
  ["another dtype", "DTypeError", { ...fitting, last: vector("int32", [1, 2]) }],
  ["another typed array", "DTypeError", { ...fitting, last: { ...fitting.last, data: Int32Array.of(1, 2) } }],
];

const allOrNothing = misfits.map(([title, error, state]) =>
  behaviour("state", `with ${title} is refused whole`, async (context, place) => {
    await withProgram(context, place, accumulator(), async (program) => {
      await program.run(feed(1, 1));
      await mustRaise(place, "raises", title, error, () => program.writeState(state));
      await checkState(place, program, float(2, 3), float(1, 1));
    });
  }),
);

const afterFailure = behaviour("state", "is as before after a run that failed", async (context, place) => {
  await withProgram(context, place, accumulator(), async (program) => {
    await program.run(feed(1, 1));
    await mustRaise(place, "raises", "a run without its input", "ArgumentError", () => program.run({}));
    await checkState(place, program, float(2, 3), float(1, 1));
    await program.run(feed(1, 1));
    await checkState(place, program, float(3, 4), float(1, 1));
  });
});

/** The failing node comes last, when the engine has the next state already. */
const afterFailureInside = behaviour(
  "state",
  "is as before after a run that failed half-way",
  async (context, place) => {
    const g = new GraphBuilder();
    const sum = g.state("sum", float(1, 2));
    g.next("sum", g.op("add", [sum, sum]));
    g.output("picked", g.op("gather", [sum, g.input("index", [1], "int32")], { axis: 0 }));
    await withProgram(context, place, g.build("lookup"), async (program) => {
      const failed = await program.run({ index: vector("int32", [7]) }).then(
        () => false,
        () => true,
      );
      demand(place, "raises", failed, "an index out of range goes through", "an error", "none");
      checkTensors(place, "state", await program.readState(), { sum: same(float(1, 2)) });
      const outputs = await program.run({ index: vector("int32", [1]) });
      checkTensors(place, "output", outputs, { picked: same(float(2)) });
    });
  },
  { needs: ["float32", "int32"], unless: (c) => (c.outOfRange === "zeros" ? "it does not look at indices" : null) },
);

const inOrder = behaviour("state", "moves in the order of the calls", async (context, place) => {
  const g = new GraphBuilder();
  const s = g.state("s", tensor("float32", [], [1]));
  const x = g.input("x", []);
  g.next("s", g.op("add", [g.op("mul", [s, g.constant(tensor("float32", [], [2]))]), x]));
  g.output("before", s);
  await withProgram(context, place, g.build("digits"), async (program) => {
    const digit = (d: number): HostRecord => ({ x: tensor("float32", [], [d]) });
    const calls = [1, 0, 1, 1].map((d) => program.run(digit(d)));
    const between = program.readState();
    const write = program.writeState({ s: tensor("float32", [], [5]) });
    const last = program.run(digit(1));
    const before = (await Promise.all([...calls, last])).map((outputs) => outputs.before.data[0]);
    demand(place, "order", before.join() === "1,3,6,13,5", "runs do not queue", "1,3,6,13,5", before.join());
    await write;
    const read = (await between).s.data[0];
    demand(place, "order", read === 27, "readState does not wait its turn", 27, read);
    checkTensors(place, "state", await program.readState(), { s: same(tensor("float32", [], [11])) });
  });
});

const queueSurvives = behaviour("state", "moves on behind a run that failed", async (context, place) => {
  await withProgram(context, place, accumulator(), async (program) => {
    const runs = [program.run(feed(1, 0)), program.run({}), program.run(feed(1, 0)), program.run(feed(0, 1))];
    const settled = (await Promise.allSettled(runs)).map(({ status }) => status).join();
    const wanted = "fulfilled,rejected,fulfilled,fulfilled";
    demand(place, "order", settled === wanted, "a failed run takes others along", wanted, settled);
    await checkState(place, program, float(3, 3), float(0, 1));
  });
});

/** What a program keeps between runs. */
export const stateCases: readonly RunnerCase[] = [
  carries,
  carriesSync,
  momentum,
  ownCopy,
  ownPrograms,
  readsCopies,
  takesCopies,
  swaps,
  shared,
  ...everyKind,
  ...allOrNothing,
  afterFailure,
  afterFailureInside,
  inOrder,
  queueSurvives,
];
