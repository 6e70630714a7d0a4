import { ArgumentError, ShapeError } from "@unrolled/backend";
import { slidingWindows } from "@unrolled/datasets";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

function naive(rows: number[][], length: number, horizon: number, stride: number): [number[], number[]][] {
  const windows: [number[], number[]][] = [];
  for (let from = 0; from + length + horizon <= rows.length; from += stride) {
    windows.push([rows.slice(from, from + length).flat(), rows.slice(from + length, from + length + horizon).flat()]);
  }
  return windows;
}

describe("slidingWindows", () => {
  it("gives [length, 1] and [horizon] over a flat series", () => {
    const windows = slidingWindows([0, 1, 2, 3, 4, 5], { length: 3, horizon: 2 });
    expect(windows.length).toBe(2);
    expect(windows.get(1)).toEqual([
      { data: Float32Array.of(1, 2, 3), shape: [3, 1] },
      { data: Float32Array.of(4, 5), shape: [2] },
    ]);
  });

  it("picks columns for x and y", () => {
    const rows = [0, 1, 2, 3].map((t) => [t, 10 + t, 20 + t]);
    const windows = slidingWindows(rows, { length: 2, features: [2, 0], targets: [1], dtype: "float64" });
    expect(windows.get(1)).toEqual([
      { data: Float64Array.of(21, 1, 22, 2), shape: [2, 2] },
      { data: Float64Array.of(13), shape: [1, 1] },
    ]);
  });

  it("takes { data, shape } as it takes rows", () => {
    const flat = { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [6, 2] };
    const rows = Array.from({ length: 6 }, (_, t) => [2 * t, 2 * t + 1]);
    const options = { length: 3, stride: 2 };
    expect(slidingWindows(flat, options).gather([1, 0])).toEqual(slidingWindows(rows, options).gather([1, 0]));
  });

  it("agrees with cutting by hand, and gather with get", () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(size, size, size, size, fc.integer({ min: 0, max: 30 }), (length, horizon, stride, columns, more) => {
        const rows = Array.from({ length: length + horizon + more }, (_, t) =>
          Array.from({ length: columns }, (_, j) => t * 10 + j),
        );
        const windows = slidingWindows(rows, { length, horizon, stride });
        const expected = naive(rows, length, horizon, stride);
        const all = Array.from({ length: windows.length }, (_, i) => windows.get(i));
        expect(all.map(([x, y]) => [[...x.data], [...y.data]])).toEqual(expected);
        const [x, y] = windows.gather(expected.map((_, i) => i));
        expect([...x.data]).toEqual(expected.flatMap(([window]) => window));
        expect([...y.data]).toEqual(expected.flatMap(([, next]) => next));
        expect(x.shape).toEqual([expected.length, length, columns]);
        expect(y.shape).toEqual([expected.length, horizon, columns]);
      }),
    );
  });

  it("does not see later changes of the series, nor of a window", () => {
    const series = Float64Array.of(1, 2, 3);
    const windows = slidingWindows(series, { length: 2 });
    series[0] = 9;
    windows.get(0)[0].data[0] = 7;
    expect(windows.get(0)[0].data[0]).toBe(1);
  });

  it("says how many rows it needs", () => {
    expect(() => slidingWindows([1, 2, 3], { length: 3 })).toThrow(
      "slidingWindows: the series has 3 rows, but length 3 + horizon 1 needs at least 4; give more rows, or a smaller length or horizon",
    );
    expect(() => slidingWindows([], { length: 1 })).toThrow(ArgumentError);
    expect(slidingWindows([1, 2, 3, 4], { length: 3 }).length).toBe(1);
  });

  it("refuses wrong options and series", () => {
    const series = [1, 2, 3, 4];
    expect(() => slidingWindows(series, { length: 0 })).toThrow(/length is 0/);
    expect(() => slidingWindows(series, { length: 1.5 })).toThrow(/length is 1.5/);
    expect(() => slidingWindows(series, { length: 1, horizon: 0 })).toThrow(/horizon is 0/);
    expect(() => slidingWindows(series, { length: 1, stride: 0 })).toThrow(/stride is 0/);
    expect(() => slidingWindows(series, { length: 1, features: [1] })).toThrow(
      /features names column 1 of a series of 1/,
    );
    expect(() => slidingWindows(series, { length: 1, targets: [] })).toThrow(/targets is empty/);
    expect(() => slidingWindows(series, { length: 1, dtype: "int32" as "float32" })).toThrow(/dtype is "int32"/);
    expect(() => slidingWindows([[1, 2], [3]], { length: 1 })).toThrow(/row 1 has 1 numbers, row 0 has 2/);
    expect(() => slidingWindows([1, "2"] as number[], { length: 1 })).toThrow(/row 1 is "2"/);
    expect(() => slidingWindows({ data: new Float32Array(5), shape: [2, 3] }, { length: 1 })).toThrow(ShapeError);
    expect(() => slidingWindows(series, { length: 1 }).get(3)).toThrow(
      /no item 3 among 3; give a whole number from 0 to 2/,
    );
  });
});
