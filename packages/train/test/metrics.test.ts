import { ArgumentError, ShapeError } from "@unrolled/backend";
import { mae, mase, rmse, seasonalMean, seasonalNaive, seasonalNaiveError, smape } from "@unrolled/train";
import { describe, expect, it } from "vitest";

describe("metrics", () => {
  const actual = [1, 2, 4];
  const predicted = [1, 3, 2];

  it("mae is the mean of 0, 1 and 2", () => expect(mae(actual, predicted)).toBe(1));
  it("rmse is sqrt of the mean of 0, 1 and 4", () => expect(rmse(actual, predicted)).toBeCloseTo(Math.sqrt(5 / 3), 14));
  it("smape is the mean of 0, 200/5 and 400/6", () => {
    expect(smape(actual, predicted)).toBeCloseTo((0 + 40 + 400 / 6) / 3, 12);
  });
  it("smape counts 0 for 0 as right, and 0 for anything else as 200", () => {
    expect(smape([0, 0], [0, 5])).toBe(100);
  });
  it("mase divides by the seasonal-naive error of the training part", () => {
    // |3-1|, |6-2|, |3-3|, |2-6| at season 2.
    expect(seasonalNaiveError([1, 2, 3, 6, 3, 2], 2)).toBe(2.5);
    expect(mase(actual, predicted, 2.5)).toBe(0.4);
  });
  it("mase over a training part that repeats itself is 0 or Infinity", () => {
    const scale = seasonalNaiveError([1, 2, 1, 2], 2);
    expect(mase([1], [1], scale)).toBe(0);
    expect(mase([1], [2], scale)).toBe(Number.POSITIVE_INFINITY);
  });
  it("refuses unequal lengths, nothing at all, and a training part of one season", () => {
    for (const metric of [mae, rmse, smape]) {
      expect(() => metric([1], [1, 2])).toThrow(ShapeError);
      expect(() => metric([], [])).toThrow(ArgumentError);
    }
    expect(() => seasonalNaiveError([1, 2], 2)).toThrow(/2 training values/);
    expect(() => mase([1], [1], Number.NaN)).toThrow(ArgumentError);
  });
});

describe("baselines", () => {
  const history = Float64Array.of(9, 1, 2, 3, 11, 12, 13);

  it("seasonalNaive repeats the last season", () => {
    expect([...seasonalNaive(3)(history, 5)]).toEqual([11, 12, 13, 11, 12]);
  });
  it("seasonalNaive of 1 repeats the last value", () => {
    expect([...seasonalNaive(1)(history, 2)]).toEqual([13, 13]);
  });
  it("seasonalMean averages by place in the season", () => {
    expect([...seasonalMean(3, 2)(history, 4)]).toEqual([6, 7, 8, 6]);
  });
  it("refuse too little history and odd seasons", () => {
    expect(() => seasonalNaive(8)(history, 1)).toThrow(/7 values of history/);
    expect(() => seasonalMean(3, 3)(history, 1)).toThrow(ArgumentError);
    expect(() => seasonalNaive(0)).toThrow(ArgumentError);
    expect(() => seasonalMean(2, 1.5)).toThrow(ArgumentError);
  });
});
