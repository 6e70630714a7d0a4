import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend } from "@unrolled/core";
import { backtest, forecast, loadForecaster, rollingOrigins, seasonalNaive } from "@unrolled/train";
import { expect, it } from "vitest";

setDefaultBackend(cpu());

/** Through a variable of a wider type, as from JavaScript. */
const loose = <T extends object>(options: T): T => Object.assign({}, options, { nope: 1 });
const testing = { holdout: 4, horizon: 2 };
const series = { name: "counts", values: [1, 2, 3, 4, 5, 6] };

it.each<[op: string, call: () => unknown]>([
  ["rollingOrigins", () => rollingOrigins(20, loose(testing))],
  ["backtest", () => backtest(series.values, seasonalNaive(1), loose(testing))],
  ["forecast", () => forecast(series, loose({ horizon: 1 }))],
  ["forecast, hooks", () => forecast(series, {}, loose({}))],
  ["loadForecaster", () => loadForecaster({}, new Uint8Array(), loose({}))],
])("%s refuses an option that it does not know", async (op, call) => {
  const attempt = async (): Promise<unknown> => call();
  await expect(attempt()).rejects.toThrow(ArgumentError);
  await expect(attempt()).rejects.toThrow(`${op}: unknown option nope`);
});

it("names the option that was meant", async () => {
  const options = { hidden_size: 8 };
  // @ts-expect-error: not an option
  await expect(forecast(series, options)).rejects.toThrow("did you mean hiddenSize?");
});
