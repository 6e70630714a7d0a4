import { ArgumentError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  bernoulli,
  defaultGenerator,
  Generator,
  manualSeed,
  rand,
  randint,
  randn,
  setDefaultBackend,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { fakeDevice } from "./support/device.js";

setDefaultBackend(cpu());

const draws = <T>(n: number, next: () => T): T[] => Array.from({ length: n }, next);

describe("the stream", () => {
  test("begins with Threefry-2x32-20's known answer for key 0, counter 0", () => {
    const g = new Generator(0);
    expect(draws(2, () => g.bits())).toEqual([0x6b200159, 0x99ba4efe]);
  });

  test("stays what it was", () => {
    const g = new Generator(42);
    expect(draws(4, () => g.bits())).toEqual([3732534457, 1332528664, 646961260, 4263843367]);
    expect(draws(3, () => g.uniform())).toEqual([0.5203206621592672, 0.24993735448032295, 0.6230790245559259]);
    expect(draws(3, () => g.normal())).toEqual([0.5444971833740719, -0.5611818346329561, 1.1979868198074286]);
    expect(draws(4, () => g.integer(-5, 5))).toEqual([4, -4, -4, 1]);
    expect([...g.permutation(6)]).toEqual([3, 0, 4, 1, 5, 2]);
    expect(new Generator(2 ** 53 - 1).bits()).toBe(1874650485);
  });

  test("differs between seeds, also in their upper bits", () => {
    const first = [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].map((seed) => new Generator(seed).bits());
    expect(new Set(first).size).toBe(first.length);
  });

  test("begins again with the same seed", () => {
    manualSeed(7);
    const before = [rand([3]).toArray(), randn([3]).toArray(), randint(0, 9, [3]).toArray()];
    manualSeed(7);
    expect([rand([3]).toArray(), randn([3]).toArray(), randint(0, 9, [3]).toArray()]).toEqual(before);
    manualSeed(8);
    expect(rand([3]).toArray()).not.toEqual(before[0]);
  });

  test("is the same on every backend", () => {
    const { backend } = fakeDevice();
    const here = randn([5], { generator: new Generator(3) }).toArray();
    expect(randn([5], { generator: new Generator(3), backend }).toArray()).toEqual(here);
  });

  test("goes on from a restored state, wherever it was taken", () => {
    const ways: ((g: Generator) => number)[] = [(g) => g.bits(), (g) => g.uniform(), (g) => g.normal()];
    for (const [i, start] of ways.entries())
      for (const next of ways)
        for (const warmUp of [0, 1, 2, 3]) {
          const g = new Generator(11 + i);
          draws(warmUp, () => start(g));
          const state = JSON.parse(JSON.stringify(g.state)) as Generator["state"];
          const rest = draws(5, () => next(g));
          g.state = state;
          expect(draws(5, () => next(g))).toEqual(rest);
          const other = new Generator(0);
          other.state = state;
          expect(draws(5, () => next(other))).toEqual(rest);
        }
  });

  test("a generator of one's own leaves the default one alone", () => {
    const before = defaultGenerator().state;
    rand([4], { generator: new Generator(1) });
    expect(defaultGenerator().state).toEqual(before);
  });
});

describe("distributions", () => {
  const n = 40_000;
  const moments = (xs: readonly number[]): { mean: number; variance: number } => {
    const mean = xs.reduce((a, b) => a + b, 0) / xs.length;
    return { mean, variance: xs.reduce((a, b) => a + (b - mean) ** 2, 0) / xs.length };
  };

  test("uniform lies in [0, 1) with the right moments", () => {
    const g = new Generator(1);
    const xs = draws(n, () => g.uniform());
    expect(xs.every((x) => x >= 0 && x < 1)).toBe(true);
    const { mean, variance } = moments(xs);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.003);
  });

  test("normal has the right moments and tails", () => {
    const g = new Generator(2);
    const xs = draws(n, () => g.normal());
    const { mean, variance } = moments(xs);
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(Math.abs(xs.reduce((a, x) => a + x ** 3, 0) / n)).toBeLessThan(0.06);
    expect(Math.abs(xs.filter((x) => Math.abs(x) > 1.959964).length / n - 0.05)).toBeLessThan(0.005);
  });

  test("neighbours are not correlated", () => {
    const g = new Generator(3);
    const xs = draws(n, () => g.normal());
    expect(Math.abs(xs.slice(1).reduce((a, x, i) => a + x * xs[i], 0) / n)).toBeLessThan(0.02);
  });

  test("integers are all drawn, about equally often", () => {
    const counts = new Map<number, number>();
    const g = new Generator(4);
    for (let i = 0; i < n; i++) {
      const k = g.integer(-2, 3);
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    for (const count of counts.values()) expect(Math.abs(count / n - 0.2)).toBeLessThan(0.01);
  });

  test("a permutation holds each number once, and all orders occur", () => {
    const g = new Generator(5);
    expect([...g.permutation(100)].sort((a, b) => a - b)).toEqual(draws(100, () => 0).map((_, i) => i));
    expect(new Set(draws(200, () => g.permutation(3).join())).size).toBe(6);
    expect([g.permutation(0).length, g.permutation(1)[0]]).toEqual([0, 0]);
  });

  test("tensors take shape, range and dtype", () => {
    const x = rand([20, 50], { low: -3, high: -1, dtype: "float64" });
    expect([x.shape, x.dtype]).toEqual([[20, 50], "float64"]);
    expect(x.max().item()).toBeLessThan(-1);
    expect(x.min().item()).toBeGreaterThanOrEqual(-3);
    expect(randn([2000], { mean: 5, std: 0.1 }).mean().item()).toBeCloseTo(5, 1);
    expect(bernoulli([3], 0).toArray()).toEqual([0, 0, 0]);
    expect(bernoulli([3], 1, { dtype: "bool" }).toArray()).toEqual([true, true, true]);
    expect(randint(4, 5, [2]).dtype).toBe("int32");
    expect(randn([2], { requiresGrad: true }).requiresGrad).toBe(true);
    expect(rand([0]).shape).toEqual([0]);
  });
});

test("what cannot be drawn is refused", () => {
  for (const seed of [-1, 1.5, 2 ** 53, Number.NaN]) expect(() => manualSeed(seed)).toThrow(ArgumentError);
  const g = new Generator(1);
  for (const [low, high] of [
    [3, 3],
    [4, 3],
    [0.5, 2],
    [0, Number.POSITIVE_INFINITY],
  ])
    expect(() => g.integer(low, high)).toThrow(ArgumentError);
  for (const p of [-0.1, 1.1, Number.NaN]) expect(() => bernoulli([1], p)).toThrow(ArgumentError);
  expect(() => rand([-1])).toThrow(ShapeError);
  const { state } = g;
  for (const bad of [
    { ...state, counter: -1 },
    { ...state, counter: 0.5 },
    { ...state, spare: Number.NaN },
    { ...state, seed: -1 },
  ]) {
    expect(() => {
      g.state = bad;
    }).toThrow(ArgumentError);
    expect(g.state).toEqual(state);
  }
});
