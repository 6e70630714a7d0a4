import { ArgumentError, FormatError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend } from "@unrolled/core";
import { forecast, loadForecaster } from "@unrolled/train";
import { saveStateDict } from "@unrolled/weights";
import { beforeAll, describe, expect, it } from "vitest";

setDefaultBackend(cpu());

describe("loadForecaster", () => {
  const values = Float64Array.from({ length: 200 }, (_, i) => 10 + [0, 9, 7, 5, 8, -20, -25][i % 7] * (1 + i / 50));
  const dates = Array.from(values, (_, i) => new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10));
  const series = { name: "x", values, dates };
  let run: Awaited<ReturnType<typeof forecast>>;
  let config: Record<string, unknown>;
  let weights: Uint8Array;

  beforeAll(async () => {
    run = await forecast(series, { horizon: 5, window: 14, hiddenSize: 6, epochs: 8, lr: 0.01 });
    config = JSON.parse(JSON.stringify(run.config)) as Record<string, unknown>;
    weights = await saveStateDict(run.model);
  });

  it("forecasts as the run did", async () => {
    const loaded = loadForecaster(config, weights);
    expect(await loaded.predict(series)).toEqual({ dates: run.forecast.dates, values: run.forecast.values });
  });

  it("refuses a series without what the model needs", async () => {
    const loaded = loadForecaster(config, weights);
    await expect(loaded.predict({ name: "x", values })).rejects.toThrow(/no dates/);
    await expect(loaded.predict({ name: "x", values: values.slice(0, 20) })).rejects.toThrow(/give at least 21/);
  });

  it("refuses a config that is not one", () => {
    const change = (path: string, value: unknown): unknown => {
      const copy = JSON.parse(JSON.stringify(config)) as Record<string, Record<string, unknown>>;
      const [outer, inner] = path.split(".");
      if (inner === undefined) (copy as Record<string, unknown>)[outer] = value;
      else copy[outer][inner] = value;
      return copy;
    };
    const cases: [unknown, RegExp][] = [
      [null, /config/],
      [change("version", 2), /version is 2/],
      [change("features.window", -1), /features.window is -1/],
      [change("features.firstGuess", "long"), /needs a longSeason/],
      [change("sizes.windowSize", 3), /sizes.windowSize is 3/],
      [change("sizes.hiddenSize", 1e6), /bytes of weights/],
      [change("sizes.numLayers", 1e6), /bytes of weights/],
      [change("sizes.cell", "toString"), /sizes.cell/],
      [change("scaler", {}), /kind/],
    ];
    for (const [bad, message] of cases) {
      expect(() => loadForecaster(bad, weights)).toThrow(FormatError);
      expect(() => loadForecaster(bad, weights)).toThrow(message);
    }
    expect(() => loadForecaster(change("sizes.cell", "gru"), weights)).toThrow(ArgumentError);
  });
});
