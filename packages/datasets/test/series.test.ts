import { ArgumentError } from "@unrolled/backend";
import { Generator } from "@unrolled/core";
import {
  addingProblem,
  dampedSine,
  elmanSine,
  parity,
  randomSubsequence,
  sawtooth,
  sine,
  sineCycle,
  slidingWindows,
  sumOfSines,
  windowSine,
} from "@unrolled/datasets";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const untyped = (options: object): never => options as never;

describe("elmanSine", () => {
  it("is sin over 21 even steps from 2 to 10, shifted by one", () => {
    const { time, x, y } = elmanSine();
    expect([time.length, x.length, y.length]).toEqual([21, 20, 20]);
    expect([time[0], time[20]]).toEqual([2, 10]);
    expect(time[1]).toBeCloseTo(2.4, 14);
    expect(x[0]).toBe(Math.fround(Math.sin(2)));
    expect(y[19]).toBe(Math.fround(Math.sin(10)));
    expect([...x.slice(1)]).toEqual([...y.slice(0, -1)]);
  });
});

describe("sineCycle and randomSubsequence", () => {
  it("has the values of the exercise's table", () => {
    const cycle = sineCycle();
    expect(cycle.length).toBe(37);
    const table: [number, number][] = [
      [0, 0],
      [1, 0.17364817766693],
      [3, 0.5],
      [9, 1],
      [18, 1.22464679914735e-16],
      [27, -1],
      [36, -2.44929359829471e-16],
    ];
    for (const [step, value] of table) expect(cycle[step]).toBeCloseTo(value, 14);
  });

  it("draws neighbouring values and the one after them, within the bounds, and reaches both ends", () => {
    const cycle = sineCycle();
    const generator = new Generator(3);
    const starts = new Set<number>();
    const targets = new Set<number>();
    let shortest = 99;
    for (let i = 0; i < 20_000; i++) {
      const { x, y, start } = randomSubsequence({ generator });
      const target = start + x.length;
      starts.add(start);
      targets.add(target);
      shortest = Math.min(shortest, x.length);
      if (i > 50) continue;
      expect([...x]).toEqual([...cycle.slice(start, target)].map(Math.fround));
      expect(y).toBe(Math.fround(cycle[target]));
    }
    expect([...starts].sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(Math.max(...targets)).toBe(36);
    expect(Math.min(...targets)).toBe(4);
    expect(shortest).toBe(4);
  });

  it("follows the seed", () => {
    const draw = (seed: number) => randomSubsequence({ generator: new Generator(seed) });
    expect(draw(5)).toEqual(draw(5));
    expect([1, 2, 3, 4].map((seed) => draw(seed).start)).not.toEqual([0, 0, 0, 0]);
  });
});

describe("windowSine", () => {
  it("has 800 points near sin(2 * 3.14 t / 40), cut 759 / 41 into windows of 10", () => {
    const { series, train, test, trainWindows, testWindows } = windowSine();
    expect([series.length, train.length, test.length]).toEqual([800, 759, 41]);
    expect([trainWindows.length, testWindows.length]).toEqual([749, 31]);
    for (let t = 0; t < 800; t++) expect(Math.abs(series[t] - Math.sin((t * 6.28) / 40))).toBeLessThan(2e-5);
    expect(Math.abs(series[400] - Math.sin(20 * Math.PI))).toBeGreaterThan(0.01); // 3.14, not pi
    const [x, y] = testWindows.get(30);
    expect([...x.data]).toEqual([...series.slice(789, 799)]);
    expect([...y.data]).toEqual([series[799]]);
    expect([x.shape, y.shape]).toEqual([[10, 1], [1]]);
  });
});

describe("generators", () => {
  it("make the waves that their formulas say", () => {
    expect(sine({ length: 5, period: 4, amplitude: 2 })[1]).toBeCloseTo(2, 12);
    expect(sine({ length: 2, period: 4, phase: Math.PI / 2 })[0]).toBeCloseTo(1, 12);
    const sum = sumOfSines({ length: 9, waves: [{ period: 7 }, { period: 3, amplitude: 0.5 }] });
    const [a, b] = [sine({ length: 9, period: 7 }), sine({ length: 9, period: 3, amplitude: 0.5 })];
    expect([...sum]).toEqual([...a].map((value, t) => value + b[t]));
    expect([...sawtooth({ length: 8, period: 4 })]).toEqual([-1, -0.5, 0, 0.5, -1, -0.5, 0, 0.5]);
    expect(dampedSine({ length: 6, period: 4, decay: 0.1 })[5]).toBeCloseTo(Math.exp(-0.5), 12);
  });

  it("add noise of the given deviation from the given generator", () => {
    const noisy = (seed: number) => sine({ length: 4000, period: 50, noise: 0.3, generator: new Generator(seed) });
    const residue = noisy(1).map((value, t) => value - sine({ length: 4000, period: 50 })[t]);
    const deviation = Math.sqrt(residue.reduce((sum, r) => sum + r * r, 0) / 4000);
    expect(deviation).toBeGreaterThan(0.28);
    expect(deviation).toBeLessThan(0.32);
    expect(noisy(1)).toEqual(noisy(1));
    expect(noisy(1)).not.toEqual(noisy(2));
  });

  it("stay within their amplitude", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 100, noNaN: true }),
        fc.double({ min: -10, max: 10, noNaN: true }),
        (period, phase) => {
          const wave = { length: 50, period, phase, amplitude: 3 };
          for (const values of [sine(wave), sawtooth(wave)])
            for (const v of values) expect(Math.abs(v)).toBeLessThanOrEqual(3);
        },
      ),
    );
  });

  it.each<[string, () => unknown, string]>([
    [
      "sine",
      () => sine(untyped({ length: 5 })),
      "period is missing; give the points in one turn, such as { period: 25 }",
    ],
    [
      "sine",
      () => sine(untyped({ period: 5 })),
      "length is missing; give the number of points, such as { length: 100 }",
    ],
    ["sawtooth", () => sawtooth(untyped({ length: 5 })), "period is missing; give the points in one turn"],
    [
      "dampedSine",
      () => dampedSine(untyped({ length: 5, decay: 0.1 })),
      "period is missing; give the points in one turn",
    ],
    [
      "dampedSine",
      () => dampedSine(untyped({ length: 5, period: 4 })),
      "decay is missing; give what the amplitude shrinks",
    ],
    [
      "sumOfSines",
      () => sumOfSines(untyped({ length: 5 })),
      "waves is missing; give a list, such as { waves: [{ period: 7 }",
    ],
    ["sumOfSines", () => sumOfSines(untyped({ length: 5, waves: 3 })), "waves is 3; give a list: [{ period: 7 }]"],
    [
      "sumOfSines, waves[1]",
      () => sumOfSines(untyped({ length: 5, waves: [{ period: 2 }, {}] })),
      "period is missing; give",
    ],
    ["parity", () => parity(untyped({ count: 1 })), "length is missing; give the bits of a sequence, such as"],
    ["parity", () => parity(untyped({ length: 1 })), "count is missing; give the number of sequences, such as"],
    ["addingProblem", () => addingProblem(untyped({ count: 1 })), "length is missing; give the steps of a sequence"],
    [
      "slidingWindows",
      () => slidingWindows([1, 2], untyped({})),
      "length is missing; give the steps of a window, such as",
    ],
  ])("%s says which option is missing, and what one looks like", (name, call, message) => {
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(`${name}: ${message}`);
  });

  it("tell a value of another type as it was written", () => {
    expect(() => sine(untyped({ length: 5, period: "25" }))).toThrow('sine: period is "25"; give a finite number');
    expect(() => sine(untyped({ length: 5, period: { points: 25 } }))).toThrow("sine: period is { points: 25 }; give");
  });

  it("refuse what makes no wave", () => {
    expect(() => sine({ length: 0, period: 4 })).toThrow(/sine: length is 0; give a whole number of at least 1/);
    expect(() => sine({ length: 5, period: 0 })).toThrow(/period is 0; give a number above 0/);
    expect(() => sine({ length: 5, period: 3, noise: -1 })).toThrow(ArgumentError);
    expect(() => sumOfSines({ length: 5, waves: [] })).toThrow(/waves is empty/);
    expect(() => dampedSine({ length: 5, period: 3, decay: Number.NaN })).toThrow(/decay is NaN/);
    expect(() => randomSubsequence({ points: 4 })).toThrow(/points is 4; give a whole number of at least 5/);
  });
});
