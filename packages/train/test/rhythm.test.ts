import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend } from "@unrolled/core";
import { type ForecastStart, forecast } from "@unrolled/train";
import { describe, expect, it } from "vitest";

setDefaultBackend(cpu());

const hourMs = 3_600_000;
const iso = (time: number): string => new Date(time).toISOString().slice(0, 16);
const each = (ms: number) => (i: number) => iso(Date.UTC(2015, 0, 5) + i * ms);
const month = (count: number) => (i: number) => iso(Date.UTC(2000, count * i, 1));
const monthEnd = (count: number) => (i: number) => iso(Date.UTC(2000, count * i + 1, 0));
const workday = (i: number) => iso(Date.UTC(2015, 0, 5 + 7 * Math.floor(i / 5) + (i % 5)));

/** What is decided for so many dates; nothing is trained. */
async function decided(length: number, date: ((i: number) => string) | null): Promise<ForecastStart> {
  const enough = new Error("enough");
  const starts: ForecastStart[] = [];
  const values = Float64Array.from({ length }, (_, i) => i % 5);
  const dates = date === null ? {} : { dates: Array.from({ length }, (_, i) => date(i)) };
  const run = forecast(
    { name: "x", values, ...dates },
    {},
    {
      onStart: (start) => {
        starts.push(start);
        throw enough;
      },
    },
  );
  await expect(run).rejects.toBe(enough);
  return starts[0];
}

describe("what is not asked for follows the dates", () => {
  it.each([
    ["hours", 3000, each(hourMs), [24, 168, 48, 672, 48, 24], "the dates are hourly"],
    ["quarters of an hour", 12_000, each(hourMs / 4), [96, null, 96, 2688, 96, 96], "the dates come every 15 minutes"],
    ["days", 3000, each(24 * hourMs), [7, 364, 28, 365, 28, 7], "the dates are daily"],
    ["working days", 1500, workday, [5, null, 20, 250, 20, 5], "the dates are working days"],
    ["weeks", 600, each(168 * hourMs), [52, null, 13, 52, 52, 1], "the dates are weekly"],
    ["months", 240, month(1), [12, null, 12, 36, 12, 1], "the dates are monthly"],
    ["ends of months", 240, monthEnd(1), [12, null, 12, 36, 12, 1], "the dates are monthly"],
    ["quarters", 120, monthEnd(3), [4, null, 4, 16, 8, 1], "the dates are quarterly"],
    ["years", 120, month(12), [1, null, 5, 20, 10, 1], "the dates are yearly"],
    ["nothing", 500, null, [1, null, 10, 100, 20, 1], "there are no dates to tell a season by"],
  ] as const)("of %s", async (_, length, date, sizes, reason) => {
    const { options, seasonReason, warnings } = await decided(length, date);
    const { season, longSeason, horizon, holdout, window, stride } = options;
    expect([season, longSeason, horizon, holdout, window, stride]).toEqual(sizes);
    expect(seasonReason).toBe(reason);
    expect(warnings).toEqual([]);
  });

  it("and of ten years of months too, with ten backtests at least", async () => {
    const { options, warnings } = await decided(120, month(1));
    expect(options).toMatchObject({ season: 12, horizon: 12, holdout: 30, stride: 1 });
    expect(options.epochs).toBeGreaterThan(10);
    expect(warnings).toEqual([]);
  });

  it("as far as there are enough of them", async () => {
    const { options, seasonReason, warnings } = await decided(20, month(1));
    expect(options.season).toBe(1);
    expect(seasonReason).toBe("the dates are monthly, but there are too few for 12");
    expect(warnings).toEqual([
      expect.stringMatching(/^the series is short \(20 values\), so by default season 1 instead/),
    ]);
  });
});

describe("baselines are called what they are", () => {
  const names = async (length: number, date: ((i: number) => string) | null, options = {}): Promise<string[]> => {
    const values = Float64Array.from({ length }, (_, i) => i % 5);
    const dates = date === null ? {} : { dates: Array.from({ length }, (_, i) => date(i)) };
    const run = await forecast({ name: "x", values, ...dates }, { hiddenSize: 2, epochs: 1, window: 2, ...options });
    return run.backtest.rows.slice(1).map(({ name }) => name);
  };

  it("by the step and the season", async () => {
    expect(await names(700, each(hourMs))).toEqual([
      "seasonal naive (24 back)",
      "mean of 4 seasons",
      "same hour last week",
    ]);
    expect(await names(100, each(24 * hourMs))).toEqual(["weekly naive", "four-week mean"]);
    expect(await names(100, each(24 * hourMs), { season: 6 })).toEqual([
      "seasonal naive (6 back)",
      "mean of 4 seasons",
    ]);
    expect(await names(100, month(1), { season: 7 })).toEqual(["seasonal naive (7 back)", "mean of 4 seasons"]);
    expect(await names(100, null)).toEqual(["naive (last value)", "mean of 4 values"]);
  });

  it("and no first guess reads what is not there: a window shorter than the season", async () => {
    expect(await names(200, null, { season: 24, window: 3 })).toHaveLength(2);
  });
});
