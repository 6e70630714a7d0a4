import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { defaultGenerator, Generator, setDefaultBackend } from "@unrolled/core";
import { usBirths } from "@unrolled/datasets/births";
import { type ForecastOptions, type ForecastRun, forecast, mae, type SeriesInput } from "@unrolled/train";
import { describe, expect, it } from "vitest";

setDefaultBackend(cpu());

const quick: Partial<ForecastOptions> = { horizon: 7, stride: 7, window: 14, hiddenSize: 8, epochs: 4 };

const isoDay = (i: number): string => new Date(Date.UTC(2020, 0, 1) + i * 86_400_000).toISOString().slice(0, 10);

/** A weekly pattern, a slow wave, and noise. */
function weekly(length: number, { dates = true, seed = 1 } = {}): SeriesInput {
  const generator = new Generator(seed);
  const values = Float64Array.from(
    { length },
    (_, i) => 100 + [0, 9, 7, 5, 8, -20, -25][i % 7] + 10 * Math.sin(i / 30) + 3 * generator.normal(),
  );
  return { name: "weekly", values, ...(dates && { dates: Array.from({ length }, (_, i) => isoDay(i)) }) };
}

const modelRow = ({ backtest }: ForecastRun) => backtest.rows[0];
const row = ({ backtest }: ForecastRun, name: string) => backtest.rows.find((one) => one.name === name);

describe("forecast", () => {
  it("learns a wave whose period the naive forecast does not know, and beats it", async () => {
    const values = Float64Array.from({ length: 700 }, (_, i) => 50 + 10 * Math.sin((2 * Math.PI * i) / 25));
    const run = await forecast(
      { name: "sine", values },
      { season: 7, horizon: 10, window: 25, hiddenSize: 16, epochs: 25, lr: 0.01, dropout: 0 },
    );
    const naive = row(run, "seasonal naive (7 back)");
    expect(modelRow(run).mae).toBeLessThan((naive?.mae ?? 0) / 4);
    expect(run.forecast.dates).toBeUndefined();
    const truth = Float64Array.from({ length: 10 }, (_, k) => 50 + 10 * Math.sin((2 * Math.PI * (700 + k)) / 25));
    expect(mae(truth, run.forecast.values)).toBeLessThan(2);
  });

  it("beats the weekly naive forecast of births by far after three epochs, and last year's values too", async () => {
    const run = await forecast({ name: "births", ...usBirths() }, { epochs: 3 });
    expect(run.backtest.origins).toBe(49);
    expect(modelRow(run).mae).toBeLessThan(0.85 * (row(run, "weekly naive")?.mae ?? 0));
    expect(modelRow(run).mae).toBeLessThan(row(run, "same weekday last year")?.mae ?? 0);
  }, 120_000);

  it("reports scores, dates, intervals and what was decided", async () => {
    const run = await forecast(weekly(300), { ...quick, epochs: 40, lr: 0.01 });
    expect(run.options).toMatchObject({ ...quick, epochs: 40, holdout: 75, longSeason: null, season: 7, cell: "lstm" });
    expect(run.backtest.rows.map(({ name, kind }) => [name, kind])).toEqual([
      ["LSTM", "model"],
      ["weekly naive", "baseline"],
      ["four-week mean", "baseline"],
    ]);
    expect(run.network).toEqual({ used: true, firstGuess: expect.any(String) });
    expect(run.backtest.origins).toBe(10);
    expect(run.backtest.model.map(({ origin }) => origin)).toEqual([225, 232, 239, 246, 253, 260, 267, 274, 281, 288]);
    const actual = run.backtest.model.flatMap((one) => [...one.actual]);
    const predicted = run.backtest.model.flatMap((one) => [...one.predicted]);
    expect(modelRow(run).mae).toBeCloseTo(mae(actual, predicted), 12);
    expect(actual.slice(0, 7)).toEqual([...Float64Array.from(run.series.values).slice(225, 232)]);
    expect(run.forecast.dates).toEqual(Array.from({ length: 7 }, (_, k) => isoDay(300 + k)));
    for (let k = 0; k < 7; k++) {
      expect(run.forecast.lower[k]).toBeLessThanOrEqual(run.forecast.values[k]);
      expect(run.forecast.upper[k]).toBeGreaterThanOrEqual(run.forecast.values[k]);
    }
    expect(run.forecast.level).toBe(0.8);
    expect(run.training.parameterCount).toBeGreaterThan(0);
    expect(run.training.epochs.length).toBeGreaterThan(0);
    expect(run.warnings.join()).toMatch(/no long season/);
    expect(JSON.parse(JSON.stringify(run.config))).toEqual(run.config);
  });

  it("gives the same bits for the same seed, others for another, and leaves the default generator alone", async () => {
    const before = defaultGenerator().state;
    const [a, b, c] = [
      await forecast(weekly(200), { ...quick, seed: 5, dropout: 0.2 }),
      await forecast(weekly(200), { ...quick, seed: 5, dropout: 0.2 }),
      await forecast(weekly(200), { ...quick, seed: 6, dropout: 0.2 }),
    ];
    expect(b.forecast).toEqual(a.forecast);
    expect(b.backtest).toEqual(a.backtest);
    expect(c.training.epochs.map(({ trainLoss }) => trainLoss)).not.toEqual(
      a.training.epochs.map(({ trainLoss }) => trainLoss),
    );
    expect(defaultGenerator().state).toEqual(before);
  });

  describe("does not see the future", () => {
    // Long enough for the long season and the features of earlier years.
    const length = 1300;
    const options = { ...quick, epochs: 1, holdout: 120, batchSize: 128 };
    const original = weekly(length);
    const holdoutStart = length - 120;

    async function changedFrom(index: number): Promise<[ForecastRun, ForecastRun]> {
      const values = Float64Array.from(original.values, (value, i) => (i >= index ? 5 * value + 1000 : value));
      return [await forecast(original, options), await forecast({ ...original, values }, options)];
    }

    it("when all held-back values change: same training, same first forecast", async () => {
      const [a, b] = await changedFrom(holdoutStart);
      expect(a.options.longSeason).toBe(364);
      expect(a.config.features.earlierYears).toBe(true);
      const losses = ({ training }: ForecastRun): number[] =>
        training.epochs.flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss]);
      expect(losses(b)).toEqual(losses(a));
      expect(b.config).toEqual(a.config);
      for (const [name, value] of a.model.namedTensors()) {
        expect(Object.fromEntries(b.model.namedTensors())[name].dataSync()).toEqual(value.dataSync());
      }
      expect(b.backtest.model[0].predicted).toEqual(a.backtest.model[0].predicted);
      expect(b.backtest.model[1].predicted).not.toEqual(a.backtest.model[1].predicted);
    });

    it("when values from one origin on change: same forecasts up to it", async () => {
      const origin = holdoutStart + 8 * 7;
      const [a, b] = await changedFrom(origin);
      const upTo = (run: ForecastRun) =>
        run.backtest.model.filter((one) => one.origin <= origin).map(({ predicted }) => predicted);
      expect(upTo(a)).toHaveLength(9);
      expect(upTo(b)).toEqual(upTo(a));
      expect(b.backtest.model[9].predicted).not.toEqual(a.backtest.model[9].predicted);
    });
  });

  it("follows a trend out of the range it learned from", async () => {
    const values = Float64Array.from({ length: 300 }, (_, i) => 100 + 2 * i + [0, 9, 7, 5, 8, -20, -25][i % 7]);
    const run = await forecast({ name: "trend", values }, { ...quick, season: 7 });
    expect(run.config.features.firstGuess).toBe("drift");
    expect(modelRow(run).mae).toBeLessThan(2);
    expect(run.forecast.values[6]).toBeGreaterThan(680);
  });

  it("forecasts the constant of a constant series, with a warning", async () => {
    const run = await forecast({ name: "flat", values: new Float64Array(150).fill(0.1) }, quick);
    expect([...run.forecast.values, ...run.forecast.lower, ...run.forecast.upper]).toEqual(Array(21).fill(0.1));
    expect(modelRow(run)).toMatchObject({ mae: 0, rmse: 0, mase: 0, smape: 0 });
    expect(run.warnings.join()).toMatch(/values before the held-back end are 0.1/);
  });

  it("keeps the first guess where the network adds nothing, and says so", async () => {
    const values = Float64Array.from({ length: 200 }, (_, i) => i % 7);
    const run = await forecast({ name: "exact", values }, { ...quick, season: 7 });
    expect(modelRow(run)).toMatchObject({ name: "first guess (naive)", mae: 0 });
    expect(modelRow(run).note).toContain("the network adds nothing");
    expect(run.network).toEqual({ used: false, firstGuess: "the value 7 steps back, repeated" });
    expect([...run.forecast.values]).toEqual([4, 5, 6, 0, 1, 2, 3]);
    expect(run.warnings.join()).toMatch(
      /no better than its first guess.*is not used: the forecast is the value 7 steps back/,
    );
  });

  it.each([
    ["months", (i: number) => new Date(Date.UTC(2000, i, 1)).toISOString().slice(0, 10), "2011-09-01"],
    ["ends of months", (i: number) => new Date(Date.UTC(2000, i + 1, 0)).toISOString().slice(0, 10), "2011-09-30"],
    ["weeks", (i: number) => isoDay(7 * i), isoDay(980)],
    ["hours", (i: number) => new Date(Date.UTC(2020, 0, 1, i)).toISOString().slice(0, 16), "2020-01-06T20:00"],
    ["years without a day", (i: number) => String(1800 + i), "1940-01-01"],
  ])("goes on after dates by %s", async (_, date, next) => {
    const { values } = weekly(140);
    const run = await forecast(
      { name: "x", values, dates: Array.from(values, (__, i) => date(i)) },
      { ...quick, horizon: 3, season: 2, epochs: 1 },
    );
    expect(run.forecast.dates?.[0]).toBe(next);
    expect(run.warnings.join()).not.toMatch(/unevenly/);
  });

  it("skips weekends where the dates do", async () => {
    const dates = Array.from({ length: 300 }, (_, i) => isoDay(i)).filter((day) => new Date(day).getUTCDay() % 6 !== 0);
    const { values } = weekly(dates.length);
    const run = await forecast({ name: "x", values, dates }, { ...quick, season: 5, epochs: 1 });
    expect(dates[dates.length - 1]).toBe("2020-10-26");
    expect(run.forecast.dates).toEqual(
      ["27", "28", "29", "30"].map((day) => `2020-10-${day}`).concat(["2020-11-02", "2020-11-03", "2020-11-04"]),
    );
  });

  it("goes on at the usual step after dates with a gap, with a warning", async () => {
    const series = weekly(151);
    const dates = (series.dates ?? []).filter((_, i) => i !== 70);
    const run = await forecast(
      { ...series, values: Float64Array.from(series.values).slice(0, 150), dates },
      { ...quick, epochs: 1 },
    );
    expect(run.warnings.join()).toMatch(/the dates leave out 1 step, and the season slips there/);
    expect(run.options.season).toBe(7);
    expect(run.forecast.dates?.[0]).toBe(isoDay(151));
  });

  it("goes on at the median gap after uneven dates, with a warning", async () => {
    const dates = Array.from({ length: 150 }, (_, i) => isoDay(6 * i + ((i * i) % 5)));
    const run = await forecast({ ...weekly(150), dates }, { ...quick, epochs: 1 });
    expect(run.warnings.join()).toMatch(/unevenly spaced/);
    expect(run).toMatchObject({ options: { season: 1 }, seasonReason: "the dates have no regular step" });
    expect(run.forecast.dates?.[0]).toBe(isoDay(6 * 149 + 1 + 6));
  });

  it("runs other cells, layers and a season without a pattern", async () => {
    for (const cell of ["gru", "rnn"] as const) {
      const run = await forecast(weekly(160, { dates: false }), { ...quick, cell, numLayers: 2, season: 1, epochs: 1 });
      expect(modelRow(run).name).toBe(cell.toUpperCase());
      expect(run.forecast.values.every(Number.isFinite)).toBe(true);
    }
  });

  it("stops at once when aborted, and says the signal's reason", async () => {
    const controller = new AbortController();
    let batches = 0;
    const run = forecast(weekly(300), quick, {
      signal: controller.signal,
      onBatch: () => {
        if (++batches === 3) controller.abort(new Error("enough"));
      },
    });
    await expect(run).rejects.toThrow("enough");
    expect(batches).toBe(3);
  });

  it.each<Partial<ForecastOptions>>([
    quick,
    { season: 24 },
    { horizon: 40, epochs: 1 },
    { holdout: 30, window: 30, epochs: 1 },
    { season: 2, horizon: 3, window: 3, epochs: 1 },
    { season: 90, horizon: 9 },
  ])("says how many values %j needs, and that many suffice, and what would fit", async (options) => {
    const error = await forecast(weekly(12), options).catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(ArgumentError);
    const { message } = error as Error;
    const enough = Number(/needs? at least (\d+)/.exec(message)?.[1]);
    await expect(forecast(weekly(enough - 1), { ...options, epochs: 1 })).rejects.toThrow(`at least ${enough};`);
    expect((await forecast(weekly(enough), { ...options, epochs: 1 })).backtest.origins).toBeGreaterThan(0);
    const [, words] = /; or (.*) would fit$/.exec(message) ?? [];
    const fitting = Object.fromEntries(
      [...words.matchAll(/(\w+) (\d+)/g)].map(([, name, value]) => [name, Number(value)]),
    );
    expect(Object.keys(fitting)).not.toHaveLength(0);
    expect((await forecast(weekly(12), { ...options, ...fitting, epochs: 1 })).options).toMatchObject(fitting);
  });

  it("needs ten values where nothing is asked for", async () => {
    await expect(forecast(weekly(9))).rejects.toThrow("9 values are too few: at least 10 are needed; give more");
    const bare = forecast([1, 2, 3] as unknown as SeriesInput);
    await expect(bare).rejects.toThrow("forecast: the series is [1, 2, 3]; give { name, values }");
    const run = await forecast(weekly(10), { epochs: 1 });
    expect(run.options).toMatchObject({ season: 1, horizon: 1, window: 1 });
    expect(run.warnings.join()).toMatch(
      /short \(10 values\), so by default season 1 instead of 7, horizon 1 instead of 28/,
    );
  });

  it.each<[string, Partial<ForecastOptions>, RegExp]>([
    ["horizon", { horizon: 0 }, /horizon is 0/],
    ["a fraction", { window: 1.5 }, /window is 1.5/],
    ["NaN", { lr: Number.NaN }, /lr is NaN/],
    ["dropout", { dropout: 1 }, /dropout is 1/],
    ["seed", { seed: -1 }, /seed is -1/],
    ["cell", { cell: "lstn" as "lstm" }, /cell is "lstn"/],
    ["longSeason", { longSeason: 7 }, /longSeason 7 is not longer than season 7/],
  ])("refuses a bad %s", async (_, options, message) => {
    const run = forecast(weekly(300), { ...quick, ...options });
    await expect(run).rejects.toThrow(ArgumentError);
    await expect(run).rejects.toThrow(message);
  });

  it("refuses values and dates that are none", async () => {
    const series = weekly(300);
    const values = Float64Array.from(series.values);
    values[17] = Number.NaN;
    await expect(forecast({ ...series, values }, quick)).rejects.toThrow(/values\[17\] is NaN/);
    const dates = [...(series.dates ?? [])];
    dates[3] = "31.12.2020";
    await expect(forecast({ ...series, dates }, quick)).rejects.toThrow(/dates\[3\] is "31.12.2020"/);
    dates[3] = dates[2];
    await expect(forecast({ ...series, dates }, quick)).rejects.toThrow(/dates\[3\].*not after/);
    await expect(forecast({ ...series, dates: dates.slice(1) }, quick)).rejects.toThrow(/299 dates for 300 values/);
  });

  it("keeps an asked holdout, and warns where an asked long season does not fit", async () => {
    const run = await forecast(weekly(200), { ...quick, holdout: 120, longSeason: 100, epochs: 1 });
    expect(run.backtest.holdout).toBe(120);
    expect(run.warnings.join("\n")).toMatch(/no long season/);
    await expect(forecast(weekly(200), { ...quick, holdout: 5 })).rejects.toThrow(
      "horizon 7 is longer than the held-back end, holdout 5; hold back at least one horizon",
    );
  });

  it("warns of a forecast that is far worse than naive", async () => {
    const { values } = weekly(120, { dates: false });
    const jump = Float64Array.from(values, (value, i) => (i < 90 ? value : 1e5 * (i % 2)));
    const run = await forecast({ name: "jump", values: jump }, { ...quick, epochs: 1 });
    expect(run.warnings.join()).toMatch(/far worse than naive: .* is [\d,]+ times that of repeating the last value/);
  });
});
