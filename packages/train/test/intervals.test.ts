import { describe, expect, it } from "vitest";
import { residualIntervals } from "../dist/forecast/intervals.js";

const values = Float64Array.of(100, 200);
/** Backtests of two steps with these errors. */
const runs = (errors: readonly (readonly [number, number])[]) =>
  errors.map((error, origin) => ({ origin, predicted: Float64Array.of(0, 0), actual: Float64Array.from(error) }));
const many = (count: number, of: (i: number) => readonly [number, number]) =>
  runs(Array.from({ length: count }, (_, i) => of(i)));

describe("residualIntervals", () => {
  it("takes each step's own errors where there are twenty", () => {
    const { lower, upper, intervalFrom } = residualIntervals(
      values,
      many(21, (i) => [i - 10, 10 * (i - 10)]),
      0.8,
    );
    expect([...lower, ...upper, intervalFrom]).toEqual([92, 120, 108, 280, "steps"]);
  });

  it("takes those of all steps where there are fewer", () => {
    const { lower, upper, intervalFrom } = residualIntervals(
      values,
      many(11, (i) => [i - 5, i - 5]),
      0.8,
    );
    expect([...lower, ...upper, intervalFrom]).toEqual([96, 196, 104, 204, "pooled"]);
  });

  it("takes their sizes where there are fewer than ten", () => {
    const { lower, upper, intervalFrom } = residualIntervals(
      values,
      runs([
        [1, 2],
        [3, -4],
        [5, 0],
      ]),
      0.8,
    );
    expect([...lower, ...upper, intervalFrom]).toEqual([96, 196, 104, 204, "sizes"]);
  });

  it("takes their sizes where all have one sign", () => {
    const { lower, upper, intervalFrom } = residualIntervals(
      values,
      many(30, () => [5, 5]),
      0.8,
    );
    expect([...lower, ...upper, intervalFrom]).toEqual([95, 195, 105, 205, "sizes"]);
  });
});
