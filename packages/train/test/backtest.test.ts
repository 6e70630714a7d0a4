import { ArgumentError } from "@unrolled/backend";
import { usBirths } from "@unrolled/datasets/births";
import { backtest, mae, rollingOrigins, seasonalMean, seasonalNaive } from "@unrolled/train";
import { describe, expect, it } from "vitest";

describe("rollingOrigins", () => {
  it("starts at the held-back end and keeps every horizon inside the series", () => {
    expect(rollingOrigins(20, { holdout: 10, horizon: 4, stride: 3 })).toEqual([10, 13, 16]);
    expect(rollingOrigins(20, { holdout: 10, horizon: 10 })).toEqual([10]);
  });

  it("refuses a held-back end without room", () => {
    expect(() => rollingOrigins(20, { holdout: 20, horizon: 4 })).toThrow(ArgumentError);
    expect(() => rollingOrigins(20, { holdout: 3, horizon: 4 })).toThrow(/horizon 4 is longer/);
    expect(() => rollingOrigins(20, { holdout: 10, horizon: 4, stride: 0 })).toThrow(/stride 0/);
  });
});

describe("backtest", () => {
  const values = Float64Array.from({ length: 12 }, (_, i) => i * i);

  it("shows a rule only what lies before the origin", async () => {
    const seen: number[][] = [];
    const rule = (history: Float64Array): number[] => {
      seen.push([...history]);
      history.fill(-1); // a copy: this must not reach the next origin
      return [0, 0];
    };
    const runs = await backtest(values, rule, { holdout: 4, horizon: 2, stride: 2 });
    expect(seen).toEqual([[...values.slice(0, 8)], [...values.slice(0, 10)]]);
    expect(runs.map(({ origin, actual }) => [origin, ...actual])).toEqual([
      [8, 64, 81],
      [10, 100, 121],
    ]);
  });

  it("refuses a rule that gives another number of values", async () => {
    await expect(backtest(values, () => [1], { holdout: 4, horizon: 2 })).rejects.toThrow(
      /1 values for a horizon of 2/,
    );
  });

  it("gives the known errors of the baselines on the births series", async () => {
    const births = usBirths().values;
    const error = async (rule: ReturnType<typeof seasonalNaive>): Promise<number> => {
      const runs = await backtest(births, rule, { holdout: 365, horizon: 28, stride: 7 });
      expect(runs).toHaveLength(49);
      return Math.round(
        mae(
          runs.flatMap(({ actual }) => [...actual]),
          runs.flatMap(({ predicted }) => [...predicted]),
        ),
      );
    };
    expect(await error(seasonalNaive(7))).toBe(443);
    expect(await error(seasonalMean(7, 4))).toBe(405);
    expect(await error(seasonalNaive(364))).toBe(272);
  });
});
