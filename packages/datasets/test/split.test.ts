import { ArgumentError } from "@unrolled/backend";
import { ArrayDataset, ConcatDataset, chronologicalSplit, Subset, slidingWindows } from "@unrolled/datasets";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("chronologicalSplit", () => {
  it("cuts by fractions, in order", () => {
    const { train, validation, test } = chronologicalSplit(upTo(20), { train: 0.7, validation: 0.15, test: 0.15 });
    expect([train, validation, test]).toEqual([upTo(14), [14, 15, 16], [17, 18, 19]]);
    expectTypeOf(train).toEqualTypeOf<number[]>();
  });

  it("cuts by counts, train taking the rest when it is left out", () => {
    const series = Float64Array.from(upTo(800));
    const { train, test } = chronologicalSplit(series, { train: 759, test: 41 });
    expect([train.length, test.length, test[0]]).toEqual([759, 41, 759]);
    expectTypeOf(test).toEqualTypeOf<Float64Array<ArrayBuffer>>();
    expect(chronologicalSplit(series, { test: 41 })).toEqual({ train, test });
    test[0] = -1;
    expect(series[759]).toBe(759);
  });

  it("cuts { data, shape } and datasets", () => {
    const array = { data: Float32Array.from(upTo(8)), shape: [4, 2] };
    expect(chronologicalSplit(array, { test: 0.25 }).test).toEqual({ data: Float32Array.of(6, 7), shape: [1, 2] });
    const windows = slidingWindows(upTo(12), { length: 2 });
    const { train, test } = chronologicalSplit(windows, { test: 2 });
    expect([train.length, test.length]).toEqual([8, 2]);
    expect([...test.get(0)[0].data]).toEqual([8, 9]);
    expect(test.gather?.([1, 0])).toEqual(windows.gather([9, 8]));
  });

  it("loses and repeats nothing", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 300 }),
        fc.integer({ min: 5, max: 45 }),
        fc.integer({ min: 5, max: 45 }),
        (n, v, t) => {
          const parts = chronologicalSplit(upTo(n), { validation: v / 100, test: t / 100 });
          expect([...parts.train, ...parts.validation, ...parts.test]).toEqual(upTo(n));
          expect(parts.test.length).toBe(Math.floor((n * t) / 100));
        },
      ),
    );
  });

  it("refuses parts that do not add up or would be empty", () => {
    const split = (parts: object) => () => chronologicalSplit(upTo(10), parts);
    expect(split({ train: 0.7, test: 0.2 })).toThrow(/the fractions add up to 0.9; make them add up to 1/);
    expect(split({ train: 7, test: 2 })).toThrow(/the counts add up to 9, but there are 10 rows/);
    expect(split({ test: 10 })).toThrow(/train would be empty: 10 rows, train 0, test 10/);
    expect(split({ test: 0.05 })).toThrow(/test would be empty/);
    expect(split({ test: 11 })).toThrow(/train would be empty/);
    expect(split({ train: 9.5, test: 0.5 })).toThrow(/train is 9.5 beside counts/);
    expect(split({ test: 0 })).toThrow(ArgumentError);
    expect(split({ test: Number.NaN })).toThrow(/test is NaN/);
    expect(() => chronologicalSplit([], { test: 0.5 })).toThrow(/test would be empty|train would be empty/);
  });
});

describe("datasets", () => {
  it("index lists, subsets and concatenations", () => {
    const list = new ArrayDataset(["a", "b", "c"]);
    const subset = new Subset(list, [2, 0]);
    const all = new ConcatDataset([subset, new ArrayDataset<string>([]), list]);
    expect(upTo(all.length).map((i) => all.get(i))).toEqual(["c", "a", "a", "b", "c"]);
    expect(() => all.get(5)).toThrow(/no item 5 among 5/);
    expect(() => list.get(-1)).toThrow(ArgumentError);
    expect(() => new Subset(list, [3])).toThrow(/no item 3 among 3/);
    expect(() => subset.get(0.5)).toThrow(ArgumentError);
  });
});
