import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { Generator } from "@unrolled/core";
import { addingProblem, DataLoader, parity, type SequenceDataset } from "@unrolled/datasets";
import { describe, expect, it } from "vitest";

/** Channel `f` of every step. */
function channel(x: ArrayLike<number>, f: number): number[] {
  return Array.from({ length: x.length / 2 }, (_, t) => x[2 * t + f]);
}

function targets(dataset: SequenceDataset): number[] {
  return Array.from({ length: dataset.length }, (_, i) => dataset.get(i)[1].data[0]);
}

describe("addingProblem", () => {
  it("marks one step in each half, and asks for the sum of the marked values", () => {
    const dataset = addingProblem({ length: 7, count: 500, generator: new Generator(1) });
    expect(dataset.length).toBe(500);
    const marked = [new Set<number>(), new Set<number>()];
    for (let i = 0; i < dataset.length; i++) {
      const [x, y] = dataset.get(i);
      expect([x.shape, y.shape]).toEqual([[7, 2], [1]]);
      const [values, marks] = [channel(x.data, 0), channel(x.data, 1)];
      const steps = marks.flatMap((mark, t) => (mark === 1 ? [t] : []));
      expect(marks.reduce((a, b) => a + b)).toBe(2);
      expect(steps).toHaveLength(2);
      expect(y.data[0]).toBeCloseTo(values[steps[0]] + values[steps[1]], 6);
      for (const value of values) expect(value >= 0 && value <= 1).toBe(true);
      marked.forEach((set, half) => {
        set.add(steps[half]);
      });
    }
    expect(marked.map((set) => [...set].sort())).toEqual([
      [0, 1, 2],
      [3, 4, 5, 6],
    ]);
  });

  it("has a mean of 1 and a variance of 1/6", () => {
    const y = targets(addingProblem({ length: 2, count: 20_000, generator: new Generator(2) }));
    const mean = y.reduce((a, b) => a + b) / y.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(y.reduce((sum, value) => sum + (value - 1) ** 2, 0) / y.length).toBeCloseTo(1 / 6, 2);
  });

  it("comes in batches, and from a seed", () => {
    const make = (seed: number) => addingProblem({ length: 10, count: 5, generator: new Generator(seed) });
    const batches = [...new DataLoader(make(3), { batchSize: 3, backend: cpu() })];
    expect(batches.map(([x, y]) => [x.shape, y.shape])).toEqual([
      [
        [3, 10, 2],
        [3, 1],
      ],
      [
        [2, 10, 2],
        [2, 1],
      ],
    ]);
    expect([...batches[1][0].dataSync()]).toEqual([3, 4].flatMap((i) => [...make(3).get(i)[0].data]));
    expect(targets(make(3))).not.toEqual(targets(make(4)));
  });

  it.each([
    [{ length: 1, count: 1 }, /addingProblem: length is 1; give a whole number of at least 2/],
    [{ length: 10.5, count: 1 }, /length is 10.5/],
    [{ length: 10, count: 0 }, /count is 0/],
  ])("refuses %j", (options, message) => {
    expect(() => addingProblem(options)).toThrow(ArgumentError);
    expect(() => addingProblem(options)).toThrow(message);
  });
});

describe("parity", () => {
  it("counts the ones", () => {
    const dataset = parity({ length: 5, count: 200, generator: new Generator(5) });
    const seen = new Set<string>();
    for (let i = 0; i < dataset.length; i++) {
      const [x, y] = dataset.get(i);
      expect([x.shape, y.shape]).toEqual([[5, 1], [1]]);
      const bits = [...x.data].join("");
      expect(bits).toMatch(/^[01]{5}$/);
      expect(y.data[0]).toBe((bits.match(/1/g) ?? []).length % 2);
      seen.add(bits);
    }
    expect(seen.size).toBe(32);
  });

  it.each([
    { length: 0, count: 1 },
    { length: 1, count: -1 },
  ])("refuses %j", (options) => {
    expect(() => parity(options)).toThrow(ArgumentError);
  });
});

it("an index that is no sequence is refused", () => {
  const dataset = addingProblem({ length: 2, count: 2 });
  expect(() => dataset.get(2)).toThrow(/addingProblem: there is no item 2 among 2/);
});
