import { describe, expect, test } from "vitest";
import { erfOf } from "../src/erf.js";
import { fastGru } from "../src/fast/gru.js";
import { fastLstm } from "../src/fast/lstm.js";
import { fastRnn } from "../src/fast/rnn.js";
import type { Engine } from "../src/wasm/engine.js";
import type { MapExports } from "../src/wasm/kernel-exports.js";
import { f32 } from "./fast-kernels.js";
import { testEngines } from "./fast-sequence.js";

interface Case {
  readonly map: keyof MapExports;
  readonly exact: (x: number) => number;
  /** Largest relative error where the exact value is a normal float32. */
  readonly relative: number;
  /** Largest error of subnormal values, in units of their spacing; half is rounding. */
  readonly subnormal: number;
}

// The table in the README.
const cases: readonly Case[] = [
  { map: "expMap", exact: Math.exp, relative: 9e-8, subnormal: 0.8 },
  { map: "logMap", exact: Math.log, relative: 9e-8, subnormal: 0 },
  { map: "tanhMap", exact: Math.tanh, relative: 1.5e-7, subnormal: 0.5 },
  { map: "sigmoidMap", exact: (x) => 1 / (1 + Math.exp(-x)), relative: 1.8e-7, subnormal: 0.8 },
  { map: "erfMap", exact: erfOf, relative: 1e-7, subnormal: 0.6 },
  { map: "sqrtMap", exact: Math.sqrt, relative: 6e-8, subnormal: 0 },
  { map: "negMap", exact: (x) => -x, relative: 0, subnormal: 0 },
  { map: "absMap", exact: Math.abs, relative: 0, subnormal: 0 },
  { map: "reluMap", exact: (x) => Math.max(x, 0), relative: 0, subnormal: 0 },
];

const SMALLEST_NORMAL = 2 ** -126;
const SPACING = 2 ** -149;

/** Float32 of all signs and exponents, 2048 of each, NaN with and without a payload among them. */
function sweep(): Float32Array {
  const bits = new Uint32Array(2 ** 20);
  for (let i = 0; i < bits.length; i++) bits[i] = i * 4096 + ((i * 2654435761) & 4095);
  return new Float32Array(bits.buffer);
}

function mapped(engine: Engine, map: keyof MapExports, x: Float32Array): Float32Array {
  const { memory, exports } = engine;
  const bytes = x.length * 4;
  const at = memory.allocate(bytes);
  memory.write(at, x);
  exports[map](at, at, x.length, 0, 1);
  const out = memory.f32.slice(at >> 2, (at >> 2) + x.length);
  memory.free(at, bytes);
  return out;
}

const specials = [0, -0, Infinity, -Infinity, NaN, 1, -1, SPACING, -SPACING, 1e-40, -1e-40, 3.4028234663852886e38];

describe.each(testEngines())("functions of float32 with %s", (_name, engine) => {
  test.each(cases)("$map keeps within its error over all exponents", ({ map, exact, relative, subnormal }) => {
    const x = sweep();
    const out = mapped(engine, map, x);
    let worst = 0;
    let worstSubnormal = 0;
    const wrong: number[] = [];
    for (let i = 0; i < x.length; i++) {
      const value = exact(x[i]);
      const rounded = Math.fround(value);
      if (Object.is(rounded, out[i]) || (Number.isNaN(value) && Number.isNaN(out[i]))) continue;
      if (!Number.isFinite(rounded) || !Number.isFinite(out[i])) wrong.push(x[i], out[i]);
      else if (Math.abs(value) < SMALLEST_NORMAL)
        worstSubnormal = Math.max(worstSubnormal, Math.abs(out[i] - value) / SPACING);
      else worst = Math.max(worst, Math.abs(out[i] - value) / Math.abs(value));
    }
    expect(wrong).toEqual([]);
    expect(worst).toBeLessThanOrEqual(relative);
    expect(worstSubnormal).toBeLessThanOrEqual(subnormal);
  });

  test.each(cases)("$map of special values, in every lane", ({ map, exact }) => {
    for (let shift = 0; shift < 4; shift++) {
      const x = Float32Array.from([...Array<number>(shift).fill(2), ...specials]);
      const out = mapped(engine, map, x);
      for (let i = 0; i < x.length; i++) {
        const expected = Math.fround(exact(x[i]));
        if (Math.abs(expected) > 0 && Number.isFinite(expected)) expect(out[i] / expected).toBeCloseTo(1, 6);
        else expect(out[i]).toBe(expected);
      }
    }
  });

  /** One step of a layer with one unit, for each element of x: only `weight` of the input weights is not 0, and it is 1. */
  function unit(gates: number, weight: number | null, bias: readonly number[], x: Float32Array, state: number) {
    const B = x.length;
    const wIh = new Float32Array(gates);
    if (weight !== null) wIh[weight] = 1;
    const states = new Float32Array(B).fill(state);
    const weights = [wIh, new Float32Array(gates), Float32Array.from(bias), null] as const;
    const shapes = [f32([gates, 1]), f32([gates, 1]), f32([gates]), null] as const;
    return { x, h: states, weights, xMeta: f32([1, B, 1]), hMeta: f32([B, 1]), shapes };
  }
  const dense = Float32Array.from({ length: 400_001 }, (_, i) => (i - 200_000) / 5000);
  function worst(out: ArrayLike<number>, exact: (x: number) => number, relative: boolean): number {
    return dense.reduce((most, x, i) => {
      const value = exact(x);
      return Math.max(most, Math.abs(out[i] - value) / (relative && value !== 0 ? Math.abs(value) : 1));
    }, 0);
  }

  test("tanh and the sigmoids of recurrent layers keep within their errors from -40 to 40", () => {
    const source = (): Engine => engine;
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    const rnn = unit(1, 0, [0], dense, 0);
    const rnnOut = fastRnn(source).forward(
      [rnn.x, rnn.h, ...rnn.weights, null],
      {
        attrs: { nonlinearity: "tanh", reverse: false },
        in: [rnn.xMeta, rnn.hMeta, ...rnn.shapes, null],
        out: [rnn.xMeta, rnn.hMeta],
      },
      false,
    ).out;
    expect(worst(rnnOut[0], Math.tanh, true)).toBeLessThanOrEqual(3.2e-7);

    const gru = unit(3, 1, [0, 0, 0], dense, 1); // candidate 0, state 1: the update gate is the result
    const gruOut = fastGru(source).forward(
      [gru.x, gru.h, ...gru.weights, null],
      {
        attrs: { resetAfter: true, reverse: false },
        in: [gru.xMeta, gru.hMeta, ...gru.shapes, null],
        out: [gru.xMeta, gru.hMeta],
      },
      false,
    ).out;
    expect(worst(gruOut[0], sigmoid, true)).toBeLessThanOrEqual(1.5e-7);

    const lstm = unit(4, 3, [0, 100, 0, 0], dense, 100); // cell 100, whose tanh is 1: the output gate is the result
    const lstmOut = fastLstm(source).forward(
      [lstm.x, new Float32Array(dense.length), lstm.h, ...lstm.weights, null, null],
      {
        attrs: { reverse: false },
        in: [lstm.xMeta, lstm.hMeta, lstm.hMeta, ...lstm.shapes, null, null],
        out: [lstm.xMeta, lstm.hMeta, lstm.hMeta],
      },
      false,
    ).out;
    expect(worst(lstmOut[0], sigmoid, false)).toBeLessThanOrEqual(4e-7);
  });

  test("parts of threads join, and nothing beside them is written", () => {
    const { memory, exports } = engine;
    const n = 101;
    const x = Float32Array.from({ length: n }, (_, i) => i / 20 - 2);
    const at = memory.allocate((n + 16) * 4);
    const first = (at >> 2) + 8;
    for (const threads of [1, 2, 3, 16]) {
      memory.f32.fill(7, at >> 2, (at >> 2) + n + 16);
      memory.f32.set(x, first);
      for (let thread = 0; thread < threads; thread++) exports.tanhMap(first * 4, first * 4, n, thread, threads);
      expect(memory.f32.slice(first, first + n)).toEqual(mapped(engine, "tanhMap", x));
      expect([memory.f32[first - 1], memory.f32[first + n]]).toEqual([7, 7]);
    }
    memory.free(at, (n + 16) * 4);
  });
});
