import {
  ArgumentError,
  type FusedKernel,
  type FusedOp,
  type Meta,
  type Shape,
  sizeOf,
  type TypedArray,
  table,
} from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { describe, expect, test } from "vitest";
import { numbers, random, type Tensor, tensor } from "./helpers.js";
import { naiveSequence } from "./naive-sequence.js";

type Inputs = readonly (Tensor | null)[];
type Buffers = readonly (TypedArray | null)[];

/** The op's kernel with the types that all fused ops share. */
interface AnyFused {
  forward(inputs: Buffers, call: object, save: boolean): { out: readonly TypedArray[]; reserve?: unknown };
  backward(
    cotangents: Buffers,
    inputs: Buffers,
    outputs: readonly TypedArray[],
    reserve: unknown,
    call: object,
    wanted: readonly boolean[],
  ): Buffers;
  release(reserve: unknown): void;
}

function kernelOf(op: FusedOp): AnyFused {
  return cpu().fused?.[op] as FusedKernel<FusedOp, TypedArray> as unknown as AnyFused;
}

function callOf(
  op: FusedOp,
  inputs: Inputs,
  attrs: object,
): { attrs: object; in: (Meta | null)[]; out: readonly Meta[] } {
  const metas = inputs.map((x) => x?.meta ?? null);
  const infer = table[op].infer as unknown as (inputs: readonly (Meta | null)[], attrs: object) => readonly Meta[];
  return { attrs, in: metas, out: infer(metas, attrs) };
}

const buffersOf = (inputs: Inputs): Buffers => inputs.map((x) => x?.data ?? null);

/** Checks every gradient against central differences of sum(cotangent * output). `null` cotangents count as zeros. */
function checkGradients(
  op: FusedOp,
  inputs: Inputs,
  attrs: object,
  seed: number,
  absent: readonly number[] = [],
): void {
  const kernel = kernelOf(op);
  const call = callOf(op, inputs, attrs);
  const buffers = buffersOf(inputs);
  const next = numbers(seed);
  const cotangents = call.out.map((meta, i) => (absent.includes(i) ? null : random(next, meta.shape).data));
  const loss = (): number => {
    let total = 0;
    kernel.forward(buffers, call, false).out.forEach((y, o) => {
      const cotangent = cotangents[o];
      if (cotangent) for (let i = 0; i < y.length; i++) total += y[i] * cotangent[i];
    });
    return total;
  };
  const { out, reserve } = kernel.forward(buffers, call, true);
  const differentiable = inputs.map((x) => x !== null && x.meta.dtype !== "int32");
  const gradients = kernel.backward(cotangents, buffers, out, reserve, call, differentiable);
  const again = kernel.backward(cotangents, buffers, out, reserve, call, differentiable);
  expect(again).toEqual(gradients);
  kernel.release(reserve);
  expect(gradients.length).toBe(inputs.length);
  inputs.forEach((x, k) => {
    const gradient = gradients[k];
    if (!differentiable[k] || x === null) {
      expect(gradient).toBeNull();
      return;
    }
    expect(gradient?.length).toBe(x.data.length);
    for (let i = 0; gradient && i < x.data.length; i++) {
      const kept = x.data[i];
      const step = 1e-5;
      x.data[i] = kept + step;
      const above = loss();
      x.data[i] = kept - step;
      const below = loss();
      x.data[i] = kept;
      const expected = (above - below) / (2 * step);
      if (Math.abs(gradient[i] - expected) > 1e-7 * Math.max(1, Math.abs(expected))) {
        expect.fail(`${op}: gradient of input ${k}, element ${i} is ${gradient[i]}, differences say ${expected}`);
      }
    }
  });
}

interface Case {
  readonly op: "rnnSequence" | "lstmSequence" | "gruSequence";
  readonly attrs: { nonlinearity?: "tanh" | "relu"; resetAfter?: boolean };
  readonly projects?: boolean;
}
const kinds: readonly (readonly [string, Case])[] = [
  ["tanh RNN", { op: "rnnSequence", attrs: { nonlinearity: "tanh" } }],
  ["relu RNN", { op: "rnnSequence", attrs: { nonlinearity: "relu" } }],
  ["LSTM", { op: "lstmSequence", attrs: {} }],
  ["LSTM with a projection", { op: "lstmSequence", attrs: {}, projects: true }],
  ["GRU, reset after", { op: "gruSequence", attrs: { resetAfter: true } }],
  ["GRU, reset before", { op: "gruSequence", attrs: { resetAfter: false } }],
];
const gateCount = { rnnSequence: 1, lstmSequence: 4, gruSequence: 3 } as const;

/** T, B, I, H; lengths; which biases. The last size takes the tiled products. */
const sizes: readonly (readonly [
  number,
  number,
  number,
  number,
  readonly number[] | null,
  "both" | "ih" | "hh" | "none",
])[] = [
  [1, 1, 1, 1, null, "both"],
  [1, 3, 5, 3, null, "none"],
  [5, 3, 1, 3, [5, 0, 2], "both"],
  [3, 2, 3, 5, [1, 3], "ih"],
  [4, 5, 2, 1, null, "hh"],
  [2, 0, 3, 3, null, "both"],
  [2, 0, 3, 3, [], "none"],
  [3, 2, 0, 2, [3, 2], "both"],
  [2, 5, 3, 13, [2, 1, 2, 0, 2], "both"],
];

function makeInputs(
  { op, projects = false }: Case,
  [T, B, I, H, lengths, biases]: (typeof sizes)[number],
  seed: number,
): Inputs {
  const width = projects ? (H > 3 ? H - 3 : H + 1) : H;
  const next = numbers(seed);
  const rows = gateCount[op] * H;
  const states: Shape[] =
    op === "lstmSequence"
      ? [
          [B, width],
          [B, H],
        ]
      : [[B, H]];
  return [
    random(next, [T, B, I]),
    ...states.map((shape) => random(next, shape)),
    random(next, [rows, I]),
    random(next, [rows, width]),
    biases === "both" || biases === "ih" ? random(next, [rows]) : null,
    biases === "both" || biases === "hh" ? random(next, [rows]) : null,
    lengths ? tensor(lengths, [B], "int32") : null,
    ...(op === "lstmSequence" ? [projects ? random(next, [width, H]) : null] : []),
  ];
}

describe.each(kinds)("%s", (_, kind) => {
  const { op, attrs } = kind;
  describe.each(sizes)("T %i, B %i, I %i, H %i, lengths %j, biases %s", (...size) => {
    test.each([false, true])("reverse %s", (reverse) => {
      const inputs = makeInputs(kind, size, 7);
      const all = { ...attrs, reverse };
      const call = callOf(op, inputs, all);
      const { out } = kernelOf(op).forward(buffersOf(inputs), call, false);
      const saved = kernelOf(op).forward(buffersOf(inputs), call, true);
      expect(saved.out).toEqual(out);
      const expected = naiveSequence(op, all, inputs);
      out.forEach((buffer, k) => {
        expect(buffer.length).toBe(expected[k].length);
        for (let i = 0; i < buffer.length; i++) expect(buffer[i]).toBeCloseTo(expected[k][i], 12);
      });
      checkGradients(op, inputs, all, 11);
    });
  });

  test("absent cotangents count as zeros", () => {
    const inputs = makeInputs(kind, [3, 2, 3, 5, [1, 3], "both"], 5);
    const outputs = op === "lstmSequence" ? [0, 1, 2] : [0, 1];
    for (const only of outputs) {
      checkGradients(
        op,
        inputs,
        { ...attrs, reverse: false },
        3,
        outputs.filter((o) => o !== only),
      );
    }
    checkGradients(op, inputs, { ...attrs, reverse: true }, 3, outputs);
  });

  test("returns only what is wanted, with the same numbers", () => {
    const inputs = makeInputs(kind, [3, 2, 3, 5, [1, 3], "both"], 5);
    const call = callOf(op, inputs, { ...attrs, reverse: false });
    const kernel = kernelOf(op);
    const buffers = buffersOf(inputs);
    const { out, reserve } = kernel.forward(buffers, call, true);
    const backward = (wanted: readonly boolean[]): Buffers => kernel.backward(out, buffers, out, reserve, call, wanted);
    const all = backward(inputs.map((x) => x?.meta.dtype === "float64"));
    all.forEach((gradient, only) => {
      const some = backward(inputs.map((_x, i) => i === only && gradient !== null));
      some.forEach((part, i) => void expect(part).toEqual(i === only ? gradient : null));
    });
  });

  test("float32 stays close to float64", () => {
    const inputs = makeInputs(kind, [4, 5, 3, 13, [4, 1, 2, 0, 3], "both"], 9);
    const narrow = inputs.map((x) => (x && x.meta.dtype === "float64" ? tensor(x.data, x.meta.shape, "float32") : x));
    const all = { ...attrs, reverse: true };
    const wide = kernelOf(op).forward(buffersOf(inputs), callOf(op, inputs, all), true);
    const { out, reserve } = kernelOf(op).forward(buffersOf(narrow), callOf(op, narrow, all), true);
    out.forEach((y, o) => {
      expect(y).toBeInstanceOf(Float32Array);
      for (let i = 0; i < y.length; i++) expect(Math.abs(y[i] - wide.out[o][i])).toBeLessThan(1e-5);
    });
    const wanted = inputs.map((x) => x?.meta.dtype === "float64");
    const exact = kernelOf(op).backward(
      wide.out,
      buffersOf(inputs),
      wide.out,
      wide.reserve,
      callOf(op, inputs, all),
      wanted,
    );
    const rounded = kernelOf(op).backward(out, buffersOf(narrow), out, reserve, callOf(op, narrow, all), wanted);
    rounded.forEach((gradient, k) => {
      const right = exact[k];
      if (gradient === null || right === null) {
        expect(right).toBe(gradient);
        return;
      }
      expect(gradient).toBeInstanceOf(Float32Array);
      for (let i = 0; i < right.length; i++) {
        expect(Math.abs(gradient[i] - right[i])).toBeLessThan(1e-4 * Math.max(1, Math.abs(right[i])));
      }
    });
  });

  test.each([-1, 4])("length %i beside 3 time steps is refused by name", (length) => {
    const inputs = makeInputs(kind, [3, 2, 3, 5, [1, length], "both"], 5);
    const call = callOf(op, inputs, { ...attrs, reverse: false });
    const act = (): unknown => kernelOf(op).forward(buffersOf(inputs), call, false);
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(`${op}: length ${length} of sequence 1 does not fit 3 time steps`);
  });
});

describe("linear", () => {
  const shapes: Shape[] = [[3], [1, 3], [5, 3], [2, 3, 3], [0, 3], [2, 0]];
  test.each(shapes.map((shape) => [shape]))("x %j, forward and gradients", (shape) => {
    const next = numbers(sizeOf(shape) + 1);
    const I = shape[shape.length - 1];
    for (const O of [1, 5]) {
      for (const withBias of [true, false]) {
        const x = random(next, shape);
        const weight = random(next, [O, I]);
        const bias = withBias ? random(next, [O]) : null;
        const inputs = [x, weight, bias];
        const { out } = kernelOf("linear").forward(buffersOf(inputs), callOf("linear", inputs, {}), false);
        for (let i = 0; i < out[0].length; i++) {
          let expected = bias ? bias.data[i % O] : 0;
          for (let p = 0; p < I; p++) expected += x.data[Math.floor(i / O) * I + p] * weight.data[(i % O) * I + p];
          expect(out[0][i]).toBeCloseTo(expected, 12);
        }
        checkGradients("linear", inputs, {}, 2);
        checkGradients("linear", inputs, {}, 2, [0]);
      }
    }
  });
});
