import { describe, expect, test } from "vitest";
import { fastLstm, lstmPasses } from "../src/fast/lstm.js";
import { lstmSequence } from "../src/sequence/lstm.js";
import {
  callOf,
  checkAgainstPlain,
  expectFlatMemory,
  inputsOf,
  poisonedEngine,
  type SequenceCase,
  testEngines,
} from "./fast-sequence.js";

const base = { op: "lstmSequence", attrs: { reverse: false } } as const;
const backwards = { ...base, attrs: { reverse: true } } as const;
const odd = [1, 3, 5, 7, 17, 33, 65];
const engines = testEngines();

const sizes: SequenceCase[] = odd.flatMap((H, h) =>
  odd.map((I, i) => ({ ...base, T: [1, 2, 7][(h + i) % 3], B: odd[(h + 2 * i) % 7], I, H })),
);
const aligned: SequenceCase[] = [
  [10, 32, 1, 50],
  [3, 4, 4, 4],
  [2, 9, 8, 8],
  [5, 6, 8, 12],
  [9, 33, 64, 256],
  [300, 2, 3, 8],
  [70, 20, 5, 8],
].map(([T, B, I, H]) => ({ ...base, T, B, I, H }));
const ragged: SequenceCase[] = [base, backwards].flatMap((kind) => [
  { ...kind, T: 7, B: 5, I: 3, H: 17, lengths: [7, 0, 3, 1, 5] },
  { ...kind, T: 7, B: 2, I: 5, H: 7, lengths: [0, 4] },
  { ...kind, T: 2, B: 17, I: 1, H: 8, lengths: Array.from({ length: 17 }, (_, b) => b % 3) },
  { ...kind, T: 3, B: 4, I: 4, H: 12, lengths: [0, 0, 0, 0], absent: [1] },
  { ...kind, T: 6, B: 6, I: 6, H: 6 },
]);
const other: SequenceCase[] = [
  { ...base, T: 6, B: 5, I: 3, H: 9, fromZeros: true },
  { ...base, T: 6, B: 5, I: 16, H: 8, fromZeros: true },
  { ...base, T: 6, B: 2, I: 0, H: 9, fromZeros: true },
  { ...backwards, T: 6, B: 5, I: 3, H: 9, fromZeros: true, lengths: [6, 0, 1, 2, 6] },
  { ...base, T: 1, B: 5, I: 3, H: 9, fromZeros: true },
  { ...base, T: 5, B: 7, I: 3, H: 5, biases: "none" },
  { ...base, T: 5, B: 7, I: 3, H: 5, biases: "ih" },
  { ...backwards, T: 5, B: 1, I: 3, H: 16, biases: "hh" },
  { ...base, T: 5, B: 7, I: 3, H: 9, absent: [0] },
  { ...base, T: 5, B: 7, I: 3, H: 9, absent: [1, 2] },
  { ...base, T: 5, B: 7, I: 3, H: 9, absent: [0, 1, 2] },
  ...[0, 1, 2, 3, 4, 5, 6].map((k) => ({ ...base, T: 3, B: 5, I: 9, H: 6, wanted: [k] })),
  { ...base, T: 3, B: 5, I: 9, H: 6, wanted: [] },
  { ...base, T: 3, B: 5, I: 9, H: 6, wanted: [3, 4, 5, 6] },
];
const projected: SequenceCase[] = [
  ...odd.flatMap((H, h) =>
    odd.map((P, p) => ({ ...base, T: [1, 2, 7][(h + p) % 3], B: odd[(h + 2 * p) % 7], I: odd[(2 * h + p) % 7], H, P })),
  ),
  ...[sizes[8], sizes[17], ...aligned.slice(0, -1), { ...base, T: 35, B: 20, I: 5, H: 8 }, ...ragged, ...other].flatMap(
    (it) => [
      { ...it, P: Math.ceil(it.H / 2) },
      { ...it, P: it.H },
    ],
  ),
  ...[[8], [4, 8], [0, 1, 2, 8]].map((wanted) => ({ ...base, T: 3, B: 5, I: 9, H: 6, P: 4, wanted })),
];
const empty: SequenceCase[] = [
  { ...base, T: 4, B: 0, I: 2, H: 5, P: 3 },
  { ...base, T: 4, B: 0, I: 2, H: 5 },
  { ...base, T: 4, B: 0, I: 2, H: 5, lengths: [] },
  { ...base, T: 4, B: 5, I: 0, H: 5 },
  { ...backwards, T: 4, B: 1, I: 0, H: 4, lengths: [2] },
];

test("a forward pass that keeps nothing works some steps at a time, in either direction", () => {
  for (const attrs of [base.attrs, backwards.attrs]) {
    const it: SequenceCase = { ...base, attrs, T: 301, B: 3, I: 2, H: 6, lengths: [301, 90, 0] };
    checkAgainstPlain(engines[0][1], lstmPasses, lstmSequence, it);
    checkAgainstPlain(engines[0][1], lstmPasses, lstmSequence, { ...it, P: 5 });
  }
  const { exports } = engines[0][1];
  for (const [width, projects] of [
    [256, 0],
    [128, 1],
  ]) {
    const bytes = (T: number): number => exports.lstmInferenceBytes(T, 32, 64, 256, width, projects);
    expect(bytes(4000)).toBe(bytes(40));
  }
});

test("nothing is read that was not written: free memory is full of NaN", () => {
  for (const it of [...sizes.slice(14, 28), ...ragged, ...other, ...projected, ...empty]) {
    checkAgainstPlain(poisonedEngine("simd128"), lstmPasses, lstmSequence, it);
  }
});

test("sizes beyond 32 bits are refused, not wrapped around", () => {
  const { exports } = engines[0][1];
  expect(exports.lstmReserveBytes(4000, 4000, 64, 1024, 1024, 0)).toBeGreaterThan(2 ** 32);
  expect(exports.lstmScratchBytes(4000, 4000, 64, 1024, 1024, 0)).toBeGreaterThan(2 ** 32);
  expect(exports.lstmReserveBytes(2000, 32, 64, 1024, 1024, 0)).toBeGreaterThan(2 ** 30);
});

describe.each(engines)("LSTM in WebAssembly with %s", (_name, engine) => {
  test.each([
    ["odd sizes", sizes],
    ["sizes that fill their vectors, and long sums", aligned],
    ["ragged lengths and reverse", ragged],
    ["absent biases and cotangents, few gradients", other],
    ["projections", projected],
    ["nothing to do", empty],
  ])("%s: equals the plain kernel", (_what, cases) => {
    for (const it of cases) checkAgainstPlain(engine, lstmPasses, lstmSequence, it);
  });

  test.each([
    ["", { ...base, T: 10, B: 32, I: 1, H: 50 }],
    [", with a projection", { ...base, T: 10, B: 32, I: 1, H: 50, P: 21 }],
  ])("memory stays as it is from the second step on%s", (_what, it: SequenceCase) => {
    const kernel = fastLstm(() => engine) as unknown as typeof lstmSequence;
    const { buffers, metas } = inputsOf(it);
    const call = callOf(it, metas) as never;
    const step = (): void => {
      const { out, reserve } = kernel.forward(buffers as never, call, true);
      if (!reserve) return;
      kernel.backward(
        [out[0], null, null],
        buffers as never,
        out,
        reserve,
        call,
        new Array(9).fill(it.P !== undefined).fill(true, 0, 7) as never,
      );
      kernel.release(reserve);
    };
    expectFlatMemory(engine, step, 1000);
  });
});

test("little work and float64 stay with the plain kernel", () => {
  const none = fastLstm(() => {
    throw new Error("no engine is needed here");
  });
  const small: SequenceCase = { ...base, T: 2, B: 1, I: 1, H: 4 };
  const { buffers, metas } = inputsOf(small);
  const out = none.forward(buffers as never, callOf(small, metas) as never, false).out;
  expect(out).toEqual(lstmSequence.forward(buffers as never, callOf(small, metas) as never, false).out);
  const large: SequenceCase = { ...base, T: 9, B: 8, I: 8, H: 16 };
  const wide = inputsOf(large);
  const metas64 = wide.metas.map((meta) => meta && { ...meta, dtype: "float64" as const });
  const buffers64 = wide.buffers.map((x) => x && Float64Array.from(x));
  const [y] = none.forward(buffers64 as never, callOf(large, metas64) as never, false).out;
  expect(y).toBeInstanceOf(Float64Array);
});

test("a length beyond the sequence is refused, and the memory is given back", () => {
  const [, engine] = engines[0];
  const it: SequenceCase = { ...base, T: 4, B: 4, I: 8, H: 16, lengths: [1, 2, 5, 0] };
  const { buffers, metas } = inputsOf(it);
  const kernel = fastLstm(() => engine);
  const run = (): unknown => kernel.forward(buffers as never, callOf(it, metas) as never, true);
  expectFlatMemory(engine, () => expect(run).toThrow(/length 5/), 3);
});
