import type { GraphValue, HostTensor } from "@unrolled/backend";
import { toleranceOf } from "../assert/tolerance.js";
import { random, tensor, vector } from "../host.js";
import { behaviour } from "./behaviour.js";
import { GraphBuilder } from "./graph-builder.js";
import { checkRun, same, type Wanted, withProgram } from "./programs.js";
import type { RunnerCase } from "./runner-case.js";

const [T, B] = [5, 2];
const xs = random("scan", "float32", [T, B], (g) => g.integer(-4, 4));
const start: HostTensor = tensor("float32", [B], [10, 20]);

/** Sums before and after each step, in the order of the scan; what stands at t is of step t. */
function running(
  reverse: boolean,
  x: HostTensor,
  from: HostTensor,
): { sums: HostTensor; before: HostTensor; last: HostTensor } {
  const [length, width] = x.shape;
  const sum = from.data.slice();
  const [sums, before] = [x.data.slice(), x.data.slice()];
  for (let step = 0; step < length; step++) {
    const t = reverse ? length - 1 - step : step;
    for (let b = 0; b < width; b++) {
      before[t * width + b] = sum[b];
      sum[b] += x.data[t * width + b];
      sums[t * width + b] = sum[b];
    }
  }
  return { sums: { ...x, data: sums }, before: { ...x, data: before }, last: { ...from, data: sum } };
}

const sums = [false, true].flatMap((reverse) =>
  [1, T].map((length) =>
    behaviour("scan", `${reverse ? "backwards " : ""}over ${length} steps`, async (context, place) => {
      const x = tensor("float32", [length, B], xs.data.subarray(0, length * B));
      const g = new GraphBuilder();
      const parts = { states: [g.input("start", [B])], sequences: [g.input("x", [length, B])], reverse };
      const [last, all, before] = g.scan(parts, ([sum], [slice]) => {
        const next = g.op("add", [sum, slice]);
        return { states: [next], results: [next, sum] };
      });
      for (const [name, value] of Object.entries({ last, all, before })) g.output(name, value);
      const wanted = running(reverse, x, start);
      await withProgram(context, place, g.build("sums"), (program) =>
        checkRun(
          place,
          program,
          { x, start },
          {
            last: same(wanted.last),
            all: same(wanted.sums),
            before: same(wanted.before),
          },
        ),
      );
    }),
  ),
);

const partly = (
  [
    [true, false],
    [false, true],
  ] as const
).map((wanted) =>
  behaviour(
    "scan",
    wanted[0] ? "of which only the last state is wanted" : "of which only the results are wanted",
    async (context, place) => {
      const g = new GraphBuilder();
      const parts = { states: [g.input("start", [B])], sequences: [g.input("x", [T, B])], wanted };
      const [last, all] = g.scan(parts, ([sum], [slice]) => {
        const next = g.op("add", [sum, slice]);
        return { states: [next], results: [next] };
      });
      g.output("y", wanted[0] ? last : all);
      const expected = running(false, xs, start);
      await withProgram(context, place, g.build("part"), (program) =>
        checkRun(place, program, { x: xs, start }, { y: same(wanted[0] ? expected.last : expected.sums) }),
      );
    },
  ),
);

const reads = behaviour("scan", "reads values and constants around it", async (context, place) => {
  const g = new GraphBuilder();
  const scale = g.input("scale", [B]);
  const twice = g.op("add", [scale, scale]);
  const one = g.constant(tensor("float32", [], [1]));
  const parts = { states: [g.input("start", [B])], sequences: [g.input("x", [T, B])] };
  const [last, results] = g.scan(parts, ([sum], [slice]) => {
    const next = g.op("add", [g.op("add", [sum, g.op("mul", [slice, twice])]), one]);
    return { states: [next], results: [g.op("neg", [next]), scale] };
  });
  g.output("last", last);
  g.output("results", results);
  const scaled = tensor(
    "float32",
    [T, B],
    xs.data.map((v, i) => v * [4, -2][i % B] + 1),
  );
  const expected = running(false, scaled, start);
  await withProgram(context, place, g.build("reads"), (program) =>
    checkRun(
      place,
      program,
      { x: xs, start, scale: vector("float32", [2, -1]) },
      {
        last: same(expected.last),
        results: same({ ...expected.sums, data: expected.sums.data.map((v) => -v) as Float32Array }),
      },
    ),
  );
});

const passes = behaviour("scan", "may hand slices, states and values around it straight on", async (context, place) => {
  const g = new GraphBuilder();
  const outside = g.input("outside", [B]);
  const parts = { states: [g.input("a", [B]), g.input("b", [B])], sequences: [g.input("x", [T, B])], reverse: true };
  const values = g.scan(parts, ([a, b], [slice]) => ({ states: [b, a], results: [slice, outside, a] }));
  for (const [i, name] of ["a.last", "b.last", "slices", "outsides", "as"].entries()) g.output(name, values[i]);
  const [a, b, c] = [vector("float32", [1, 2]), vector("float32", [3, 4]), vector("float32", [5, 6])];
  const stacked = (at: (t: number) => HostTensor): HostTensor =>
    tensor("float32", [T, B], Array.from({ length: T }, (_, t) => Array.from(at(t).data)).flat());
  await withProgram(context, place, g.build("passes"), (program) =>
    checkRun(
      place,
      program,
      { x: xs, a, b, outside: c },
      {
        "a.last": same(b),
        "b.last": same(a),
        slices: same(xs),
        outsides: same(stacked(() => c)),
        as: same(stacked((t) => ((T - 1 - t) % 2 === 0 ? a : b))),
      },
    ),
  );
});

const severalSequences = behaviour(
  "scan",
  "over sequences of different shapes and dtypes",
  async (context, place) => {
    const keep = tensor("bool", [T, 1], [1, 0, 1, 1, 0]);
    const g = new GraphBuilder();
    const parts = {
      states: [g.input("start", [B])],
      sequences: [g.input("x", [T, B]), g.input("keep", [T, 1], "bool")],
    };
    const [last] = g.scan(parts, ([sum], [slice, mask]) => {
      const next = g.op("where", [mask, g.op("add", [sum, slice]), sum]);
      return { states: [next], results: [] };
    });
    g.output("last", last);
    const masked = tensor(
      "float32",
      [T, B],
      xs.data.map((v, i) => v * keep.data[Math.floor(i / B)]),
    );
    await withProgram(context, place, g.build("masked"), (program) =>
      checkRun(place, program, { x: xs, start, keep }, { last: same(running(false, masked, start).last) }),
    );
  },
  { needs: ["float32", "bool"] },
);

/** Rows of [T, U, B], each summed by an inner scan whose start is the outer state plus a value of the outermost level. */
const nested = [false, true].map((reverse) =>
  behaviour("scan", `in a scan, the inner one ${reverse ? "backwards" : "forwards"}`, async (context, place) => {
    const U = 3;
    const x = random("nested", "float32", [T, U, B], (r) => r.integer(-3, 3));
    const g = new GraphBuilder();
    const offset = g.input("offset", [B]);
    const parts = { states: [g.input("start", [B])], sequences: [g.input("x", [T, U, B])] };
    const [last, inner] = g.scan(parts, ([sum], [rows]) => {
      const from = g.op("add", [sum, offset]);
      const [total, partial] = g.scan({ states: [from], sequences: [rows], reverse }, ([s], [row]) => {
        const next = g.op("sub", [g.op("add", [s, row]), offset]);
        return { states: [next], results: [next] };
      });
      return { states: [total], results: [partial] };
    });
    g.output("last", last);
    g.output("inner", inner);
    const add = [1, -2];
    const partial = x.data.slice();
    let sum = start.data.slice();
    for (let t = 0; t < T; t++) {
      const row = tensor(
        "float32",
        [U, B],
        x.data.subarray(t * U * B, (t + 1) * U * B).map((v, i) => v - add[i % B]),
      );
      const walked = running(reverse, row, { ...start, data: sum.map((v, b) => v + add[b]) as Float32Array });
      partial.set(walked.sums.data, t * U * B);
      sum = walked.last.data.slice();
    }
    await withProgram(context, place, g.build("nested"), (program) =>
      checkRun(
        place,
        program,
        { x, start, offset: vector("float32", add) },
        {
          last: same({ ...start, data: sum }),
          inner: same({ ...x, data: partial }),
        },
      ),
    );
  }),
);

const afterwards = behaviour("scan", "after a scan, on its results, the other way", async (context, place) => {
  const g = new GraphBuilder();
  const step = (
    [sum]: readonly GraphValue[],
    [slice]: readonly GraphValue[],
  ): { states: GraphValue[]; results: GraphValue[] } => {
    const next = g.op("add", [sum, slice]);
    return { states: [next], results: [next] };
  };
  const first = g.scan({ states: [g.input("start", [B])], sequences: [g.input("x", [T, B])] }, step);
  const second = g.scan({ states: [first[0]], sequences: [first[1]], reverse: true }, step);
  g.output("last", second[0]);
  g.output("all", second[1]);
  const there = running(false, xs, start);
  const back = running(true, there.sums, there.last);
  await withProgram(context, place, g.build("there and back"), (program) =>
    checkRun(place, program, { x: xs, start }, { last: same(back.last), all: same(back.sums) }),
  );
});

/** h' = tanh(linear(x) + h), with a fused op inside. */
const fusedInside = behaviour("scan", "with a fused op inside", async (context, place) => {
  const H = 3;
  const w = random("scan weight", "float32", [H, B]);
  const bias = random("scan bias", "float32", [H]);
  const g = new GraphBuilder();
  const zero = g.op("fill", [], { shape: [1, H], value: 0, dtype: "float32" });
  const parts = { states: [zero], sequences: [g.input("x", [T, 1, B])] };
  const [weight, b] = [g.input("w", [H, B]), g.input("bias", [H])];
  const [, all] = g.scan(parts, ([h], [slice]) => {
    const next = g.op("tanh", [g.op("add", [g.op("linear", [slice, weight, b]), h])]);
    return { states: [next], results: [next] };
  });
  g.output("all", all);
  const values: number[] = [];
  let h = new Array<number>(H).fill(0);
  for (let t = 0; t < T; t++) {
    h = h.map((old, j) =>
      Math.tanh(old + bias.data[j] + [0, 1].reduce((sum, k) => sum + w.data[j * B + k] * xs.data[t * B + k], 0)),
    );
    values.push(...h);
  }
  const wanted: Wanted = {
    meta: { shape: [T, 1, H], dtype: "float32" },
    values,
    tolerance: toleranceOf("float32", "sequence"),
  };
  await withProgram(context, place, g.build("cell"), (program) =>
    checkRun(place, program, { x: { ...xs, shape: [T, 1, B] }, w, bias }, { all: wanted }),
  );
});

/** Loops: directions, states, results, nesting, values from around. */
export const scanCases: readonly RunnerCase[] = [
  ...sums,
  ...partly,
  reads,
  passes,
  severalSequences,
  ...nested,
  afterwards,
  fusedInside,
];
