import type { FusedKernel, TypedArray } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import type { EngineSource } from "../src/fast/engine-source.js";
import {
  callOf,
  checkAgainstPlain,
  expectFlatMemory,
  inputsOf,
  poisonedEngine,
  type SequenceCase,
  testEngines,
} from "./fast-sequence.js";

const odd = [1, 3, 5, 7, 17, 33, 65];
const severalUnits = odd.slice(1);
const engines = testEngines();

type Kernels<K extends "rnnSequence" | "gruSequence"> = FusedKernel<K, TypedArray>;

interface Recurrent<K extends "rnnSequence" | "gruSequence"> {
  readonly name: string;
  readonly forms: readonly Pick<SequenceCase, "op" | "attrs">[];
  readonly fast: (source: EngineSource) => Kernels<K>;
  readonly passes: Parameters<typeof checkAgainstPlain>[1];
  readonly plainKernel: Kernels<K>;
}

/** What holds for the WebAssembly kernels of RNN and GRU alike, in each of a cell's forms. */
export function testRecurrent<K extends "rnnSequence" | "gruSequence">({
  name,
  forms,
  fast,
  passes,
  plainKernel,
}: Recurrent<K>): void {
  const [first] = forms;
  /** Every pair of H and I with some T and B, in one form after the other. */
  const sizes: SequenceCase[] = severalUnits.flatMap((H, h) =>
    odd.map((I, i) => ({ ...forms[(h + i) % 4], T: [1, 2, 7][(h + i) % 3], B: odd[(h + 2 * i) % 7], I, H })),
  );
  /** Few terms and small weights: in one element, terms that cancel and saturated units leave rounding alone. */
  const oneUnit: SequenceCase[] = forms.flatMap((form) =>
    [
      [1, 1, 1],
      [2, 1, 5],
      [7, 1, 1],
      [1, 3, 7],
      [2, 5, 3],
    ].map(([T, B, I]) => ({ ...form, T, B, I, H: 1, spread: 0.3 })),
  );
  const aligned: SequenceCase[] = forms.flatMap((form) =>
    [
      [10, 32, 1, 50],
      [3, 4, 4, 4],
      [35, 1, 1, 4],
      [5, 6, 8, 12],
      [9, 33, 64, 128],
      [300, 2, 3, 20],
    ].map(([T, B, I, H]) => ({ ...form, T, B, I, H })),
  );
  const ragged: SequenceCase[] = forms.flatMap((form) => [
    { ...form, T: 7, B: 5, I: 3, H: 17, lengths: [7, 0, 3, 1, 5] },
    { ...form, T: 7, B: 2, I: 5, H: 7, lengths: [0, 4] },
    { ...form, T: 9, B: 1, I: 5, H: 18, lengths: [6] },
    { ...form, T: 2, B: 17, I: 1, H: 8, lengths: Array.from({ length: 17 }, (_, b) => b % 3) },
    { ...form, T: 3, B: 4, I: 4, H: 12, lengths: [0, 0, 0, 0], absent: [1] },
  ]);
  const other: SequenceCase[] = forms.flatMap((form) => [
    { ...form, T: 5, B: 7, I: 3, H: 5, biases: "none" },
    { ...form, T: 5, B: 7, I: 3, H: 5, biases: "ih" },
    { ...form, T: 5, B: 1, I: 3, H: 16, biases: "hh" },
    { ...form, T: 5, B: 7, I: 3, H: 9, absent: [0] },
    { ...form, T: 5, B: 7, I: 3, H: 9, absent: [1] },
    { ...form, T: 5, B: 7, I: 3, H: 9, absent: [0, 1] },
    ...[0, 1, 2, 3, 4, 5].map((k) => ({ ...form, T: 3, B: 5, I: 9, H: 6, wanted: [k] })),
    { ...form, T: 3, B: 5, I: 9, H: 6, wanted: [] },
    { ...form, T: 3, B: 5, I: 9, H: 6, wanted: [2, 3, 4, 5] },
  ]);
  const empty: SequenceCase[] = forms.flatMap((form) => [
    { ...form, T: 4, B: 0, I: 2, H: 5 },
    { ...form, T: 4, B: 0, I: 2, H: 5, lengths: [] },
    { ...form, T: 4, B: 5, I: 0, H: 5 },
    { ...form, T: 4, B: 1, I: 0, H: 4, lengths: [2] },
  ]);

  describe.each(engines)(`${name} in WebAssembly with %s`, (_name, engine) => {
    test.each([
      ["odd sizes", sizes],
      ["one hidden unit", oneUnit],
      ["sizes that fill their vectors, and long sums", aligned],
      ["ragged lengths", ragged],
      ["absent biases and cotangents, few gradients", other],
      ["nothing to do", empty],
    ])("%s: equals the plain kernel", (_what, cases) => {
      for (const it of cases) checkAgainstPlain(engine, passes, plainKernel, it);
    });

    test("what the memory held before does not matter", () => {
      for (const form of forms) {
        for (const [T, B, I, H] of [
          [5, 2, 3, 5],
          [5, 3, 3, 18],
          [6, 5, 5, 7],
          [3, 9, 2, 3],
        ]) {
          const lengths = Array.from({ length: B }, (_, b) => (b * 2 + 1) % (T + 1));
          for (const it of [
            { ...form, T, B, I, H },
            { ...form, T, B, I, H, lengths },
          ])
            checkAgainstPlain(poisonedEngine(engine.simd), passes, plainKernel, it);
        }
      }
    });

    test("memory stays as it is from the second step on", () => {
      const it: SequenceCase = { ...first, T: 10, B: 32, I: 1, H: 50 };
      const kernel = fast(() => engine);
      const { buffers, metas } = inputsOf(it);
      const call = callOf(it, metas) as never;
      const wanted = new Array(7).fill(true) as never;
      const step = (): void => {
        const { out, reserve } = kernel.forward(buffers as never, call, true);
        if (reserve === undefined) throw new Error("there is no reserve");
        kernel.backward([out[0], null] as never, buffers as never, out, reserve, call, wanted);
        kernel.release(reserve);
      };
      expectFlatMemory(engine, step, 1000);
    });
  });

  test("little work and float64 stay with the plain kernel", () => {
    const none = fast(() => {
      throw new Error("no engine is needed here");
    });
    const small: SequenceCase = { ...first, T: 2, B: 1, I: 1, H: 4 };
    const { buffers, metas } = inputsOf(small);
    const out = none.forward(buffers as never, callOf(small, metas) as never, false).out;
    expect(out).toEqual(plainKernel.forward(buffers as never, callOf(small, metas) as never, false).out);
    const large: SequenceCase = { ...first, T: 9, B: 8, I: 8, H: 16 };
    const wide = inputsOf(large);
    const metas64 = wide.metas.map((meta) => meta && { ...meta, dtype: "float64" as const });
    const buffers64 = wide.buffers.map((x) => x && Float64Array.from(x));
    const [y] = none.forward(buffers64 as never, callOf(large, metas64) as never, false).out;
    expect(y).toBeInstanceOf(Float64Array);
  });

  test("without an engine the plain kernel makes the reserve and reads it", () => {
    const kernel = fast(() => null);
    const it: SequenceCase = { ...first, T: 9, B: 8, I: 8, H: 16 };
    const { buffers, metas } = inputsOf(it);
    const call = callOf(it, metas) as never;
    const wanted = new Array(7).fill(true) as never;
    const { out, reserve } = kernel.forward(buffers as never, call, true);
    const plain = plainKernel.forward(buffers as never, call, true);
    expect(out).toEqual(plain.out);
    expect(kernel.backward([out[0], null] as never, buffers as never, out, reserve as never, call, wanted)).toEqual(
      plainKernel.backward([out[0], null] as never, buffers as never, out, plain.reserve as never, call, wanted),
    );
  });

  test("a length beyond the sequence is refused, and the memory is given back", () => {
    const [, engine] = engines[0];
    const it: SequenceCase = { ...first, T: 4, B: 4, I: 8, H: 16, lengths: [1, 2, 5, 0] };
    const { buffers, metas } = inputsOf(it);
    const kernel = fast(() => engine);
    const run = (): unknown => kernel.forward(buffers as never, callOf(it, metas) as never, true);
    expectFlatMemory(engine, () => expect(run).toThrow(/length 5/), 3);
  });

  test("inference takes half the working space of training at most, and refuses sizes beyond 32 bits too", () => {
    const { exports } = engines[0][1];
    const [training, inference] =
      first.op === "gruSequence"
        ? [exports.gruScratchBytes, exports.gruInferenceBytes]
        : [exports.rnnScratchBytes, exports.rnnInferenceBytes];
    expect(inference(256, 16, 64, 128)).toBeLessThan(training(256, 16, 64, 128) / 2);
    expect(inference(40000, 4000, 64, 1024)).toBeGreaterThan(2 ** 32);
  });
}
