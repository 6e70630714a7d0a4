import type { HostTensor, Size } from "@unrolled/backend";
import { toleranceOf } from "../assert/tolerance.js";
import { prepareGradients } from "../cases/fused-backward.js";
import { type Flavour, type FusedCall, flavours, sequenceCall, widthOf } from "../cases/fused-calls.js";
import { fusedReference } from "../cases/fused-forward.js";
import { mustRaise } from "../cases/run-kernel.js";
import { random, tensor, vector } from "../host.js";
import { valuesOf } from "../reference/values.js";
import { behaviour, demand } from "./behaviour.js";
import { GraphBuilder } from "./graph-builder.js";
import { checkRun, type HostRecord, same, type Wanted, withProgram } from "./programs.js";
import type { RunnerCase } from "./runner-case.js";
import { linearSize, named, product } from "./sizes.js";

const example = { batch: 2, time: 3 };
const [batch, time] = [named("batch"), named("time")];
const runs = [
  { batch: 2, time: 3 },
  { batch: 1, time: 1 },
  { batch: 5, time: 2 },
  { batch: 3, time: 7 },
  { batch: 2, time: 3 },
];

/** y = x [batch, time, 3] as [batch * time, 3], and the sums of rows. */
const reshapes = behaviour("sizes", "of inputs and attributes change from run to run", async (context, place) => {
  const g = new GraphBuilder(example);
  const x = g.input("x", [batch, time, 3]);
  const rows = g.op("reshape", [x], { shape: [product("batch", "time"), 3] }, [product("batch", "time"), 3]);
  g.output("rows", rows);
  g.output("sums", g.op("sum", [x], { axes: [2], keepDims: false }, [batch, time]));
  g.output("turned", g.op("transpose", [x], { perm: [1, 0, 2] }, [time, batch, 3]));
  await withProgram(context, place, g.build("rows"), async (program) => {
    for (const { batch: b, time: t } of runs) {
      const host = random("named sizes", "float32", [b, t, 3], (r) => r.integer(-9, 9));
      const sums = Array.from(
        { length: b * t },
        (_, i) => host.data[3 * i] + host.data[3 * i + 1] + host.data[3 * i + 2],
      );
      const turned = Array.from({ length: host.data.length }, (_, i) => {
        const [k, j, u] = [i % 3, Math.floor(i / 3) % b, Math.floor(i / (3 * b))];
        return host.data[(j * t + u) * 3 + k];
      });
      await checkRun(
        place,
        program,
        { x: host },
        {
          rows: same({ ...host, shape: [b * t, 3] }),
          sums: same(tensor("float32", [b, t], sums)),
          turned: same(tensor("float32", [t, b, 3], turned)),
        },
      );
    }
  });
});

const made = behaviour(
  "sizes",
  "may size what is filled, counted, cut, padded and broadcast",
  async (context, place) => {
    const g = new GraphBuilder(example);
    const x = g.input("x", [time]);
    const less: Size = linearSize(1, "time", -1);
    const more: Size = linearSize(2, "time", 1);
    g.output("fill", g.op("fill", [], { shape: [time, 2], value: 0.5, dtype: "float32" }, [time, 2]));
    g.output("iota", g.op("iota", [], { length: more, dtype: "float32" }, [more]));
    g.output("cut", g.op("slice", [x], { starts: [1], ends: [time], steps: [1] }, [less]));
    g.output("pad", g.op("pad", [x], { before: [0], after: [linearSize(1, "time", 1)], value: 9 }, [more]));
    g.output("broadcast", g.op("broadcast", [x], { shape: [2, time] }, [2, time]));
    await withProgram(context, place, g.build("sized"), async (program) => {
      for (const t of [3, 1, 6]) {
        const host = random("sized", "float32", [t], (r) => r.integer(-9, 9));
        const list = Array.from(host.data);
        const vec = (...values: readonly number[]): HostTensor => vector("float32", values);
        await checkRun(
          place,
          program,
          { x: host },
          {
            fill: same(tensor("float32", [t, 2], new Array(2 * t).fill(0.5))),
            iota: same(vec(...Array.from({ length: 2 * t + 1 }, (_, i) => i))),
            cut: same(vec(...list.slice(1))),
            pad: same(vec(...list, ...new Array(t + 1).fill(9))),
            broadcast: same(tensor("float32", [2, t], [...list, ...list])),
          },
        );
      }
    });
  },
);

const misfits: readonly (readonly [title: string, inputs: (at: HostRecord) => HostRecord])[] = [
  ["one name with two sizes", (at) => ({ ...at, y: random("y", "float32", [4, 3]) })],
  ["another fixed size", (at) => ({ ...at, x: random("x", "float32", [2, 4]), y: random("y", "float32", [2, 4]) })],
  ["another rank", (at) => ({ ...at, x: random("x", "float32", [2, 3, 1]) })],
];

const refusals = misfits.map(([title, change]) =>
  behaviour("sizes", `refuse ${title}`, async (context, place) => {
    const g = new GraphBuilder(example);
    const [x, y] = [g.input("x", [batch, 3]), g.input("y", [batch, 3])];
    for (const [name, value] of Object.entries({ "x.sum": x, "y.sum": y }))
      g.output(name, g.op("sum", [value], { axes: [1], keepDims: false }, [batch]));
    await withProgram(context, place, g.build("sums"), async (program) => {
      const right = { x: tensor("float32", [1, 3], [1, 2, 3]), y: tensor("float32", [1, 3], [1, 1, 1]) };
      const wrong = change({ x: random("x", "float32", [2, 3]), y: random("y", "float32", [2, 3]) });
      await mustRaise(place, "raises", title, "ShapeError", () => program.run(wrong));
      await checkRun(place, program, right, {
        "x.sum": same(vector("float32", [6])),
        "y.sum": same(vector("float32", [3])),
      });
    });
  }),
);

const overTime = behaviour("sizes", "may be the length of a scan", async (context, place) => {
  const g = new GraphBuilder(example);
  const parts = { states: [g.input("start", [batch])], sequences: [g.input("x", [time, batch])], reverse: true };
  const [last, all] = g.scan(parts, ([sum], [slice]) => {
    const ones = g.op("fill", [], { shape: [batch], value: 1, dtype: "float32" }, [batch]);
    const next = g.op("add", [g.op("add", [sum, slice], {}, [batch]), ones], {}, [batch]);
    return { states: [next], results: [next] };
  });
  g.output("last", last);
  g.output("all", all);
  await withProgram(context, place, g.build("sums"), async (program) => {
    for (const { batch: b, time: t } of runs) {
      const x = random("sized scan", "float32", [t, b], (r) => r.integer(-9, 9));
      const start = random("sized start", "float32", [b], (r) => r.integer(-9, 9));
      const sum = start.data.slice();
      const sums = x.data.slice();
      for (let u = t - 1; u >= 0; u--) {
        for (let j = 0; j < b; j++) {
          sum[j] += x.data[u * b + j] + 1;
          sums[u * b + j] = sum[j];
        }
      }
      await checkRun(
        place,
        program,
        { x, start },
        { last: same({ ...start, data: sum }), all: same({ ...x, data: sums }) },
      );
    }
  });
});

function sizedMetas(flavour: Flavour, [I, H]: readonly [number, number]): readonly (readonly Size[])[] {
  const { op } = flavour;
  const width = widthOf(flavour, H);
  const rows = { rnnSequence: 1, lstmSequence: 4, gruSequence: 3 }[op] * H;
  const states =
    op === "lstmSequence"
      ? [
          [batch, width],
          [batch, H],
        ]
      : [[batch, H]];
  return [[time, batch, I], ...states, [rows, I], [rows, width], [rows], [rows], [batch], [width, H]];
}

function nameOf(flavour: Flavour): string {
  if (flavour.op === "gruSequence") return `gruSequence ${flavour.resetAfter ? "resetAfter" : "resetBefore"}`;
  if (flavour.op === "rnnSequence") return `rnnSequence ${flavour.nonlinearity}`;
  return flavour.projects ? `${flavour.op} projected` : flavour.op;
}

/** A sequence op with ragged lengths, forward and backward, at several lengths and batches of one program. */
const sequences = flavours.flatMap((flavour) =>
  [false, true].map((reverse) =>
    behaviour(
      "sizes",
      `of ${nameOf(flavour)}${reverse ? " reverse" : ""} and its gradient`,
      async (context, place) => {
        const [I, H] = [2, 3];
        const callAt = (B: number, T: number): FusedCall =>
          sequenceCall(flavour, "float32", { sizes: { T, B, I, H }, reverse, lengths: "mixed" });
        const first = callAt(example.batch, example.time);
        const hosts = first.inputs as readonly (HostTensor | null)[];
        const shapes = sizedMetas(flavour, [I, H]);
        const width = widthOf(flavour, H);
        const outShapes: readonly (readonly Size[])[] = [
          [time, batch, width],
          [batch, width],
          ...(flavour.op === "lstmSequence" ? [[batch, H]] : []),
        ];
        const g = new GraphBuilder(example);
        const inputs = hosts.map((x, i) => x && g.input(`in${i}`, shapes[i], x.dtype));
        const forward = g.node(first.op, inputs, first.attrs as Readonly<Record<string, unknown>>, outShapes);
        const cotangents = outShapes.map((shape, i) => g.input(`cotangent${i}`, shape));
        const wanted = hosts.map((x) => x?.dtype === "float32");
        const gradients = g.backward(forward, cotangents, wanted);
        for (const [i, value] of forward.outputs.entries()) if (value) g.output(`out${i}`, value);
        for (const [i, value] of gradients.entries()) if (value) g.output(`gradient${i}`, value);
        await withProgram(context, place, g.build(first.op), async (program) => {
          for (const { batch: b, time: t } of runs.slice(0, 4)) {
            const call = callAt(b, t);
            const { given, results } = expectation(call, place.case);
            await checkRun(place, program, given, results);
          }
        });
      },
      { needs: ["float32", "int32"] },
    ),
  ),
);

function expectation(call: FusedCall, seed: string): { given: HostRecord; results: Record<string, Wanted> } {
  const all = { label: "", cotangent: () => true, wanted: () => true };
  const g = prepareGradients(call, all, { op: call.op, case: seed });
  const given: Record<string, HostTensor> = {};
  const results: Record<string, Wanted> = {};
  for (const [i, x] of g.inputs.entries()) if (x) given[`in${i}`] = x;
  for (const [i, x] of g.cotangents.entries()) if (x) given[`cotangent${i}`] = x;
  const values = fusedReference(call.op)(
    g.inputs.map((x) => x && valuesOf(x)),
    call.attrs,
  );
  for (const [i, meta] of g.call.out.entries()) {
    const output = values[i];
    if (meta && output) results[`out${i}`] = { meta, values: output, tolerance: toleranceOf("float32", "sequence") };
  }
  for (const [i, meta] of g.inputs.entries()) {
    const gradient = g.expected[i];
    if (meta && gradient)
      results[`gradient${i}`] = { meta, values: gradient, tolerance: toleranceOf("float32", "gradient", g.terms) };
  }
  return { given, results };
}

const outputShape = behaviour("sizes", "stand in the shapes of outputs that pass through", async (context, place) => {
  const g = new GraphBuilder(example);
  g.output("y", g.input("x", [batch, 0]));
  await withProgram(context, place, g.build("empty"), async (program) => {
    const { y } = await program.run({ x: tensor("float32", [7, 0], []) });
    demand(place, "shape", y.shape.join() === "7,0", "the shape is the example's", "7,0", y.shape.join());
  });
});

/** Graphs whose sizes differ from run to run. */
export const sizeCases: readonly RunnerCase[] = [reshapes, made, ...refusals, overTime, outputShape, ...sequences];
