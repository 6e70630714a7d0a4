import type { BacktestOrigin, ForecastRun } from "@unrolled/train";
import type { ChartSpec } from "../charts/index.js";

/** The end of the series, the forecast and its interval. */
export function forecastChart({ series, options, forecast }: ForecastRun): ChartSpec {
  const length = series.values.length;
  const start = Math.max(0, length - Math.max(2 * options.horizon, 28));
  const past = Float64Array.from({ length: length - start }, (_, i) => series.values[start + i]);
  const pastX = series.dates?.slice(start) ?? past.map((_, i) => start + i + 1);
  const nextX = forecast.dates ?? forecast.values.map((_, i) => length + i + 1);
  const percent = Math.round(forecast.level * 100);
  return {
    title: `${series.name}: the next ${options.horizon} steps`,
    series: [
      { name: series.name, x: pastX, y: past, style: "line" },
      { name: "forecast", x: nextX, y: forecast.values, style: "line" },
    ],
    bands: [{ name: `${percent} % interval`, x: nextX, lower: forecast.lower, upper: forecast.upper }],
    ...(series.dates === undefined && { xLabel: "row" }),
  };
}

/** What came true in the held-back end, and forecasts of whole horizons, one after another. */
export function backtestChart({ series, options, backtest }: ForecastRun): ChartSpec {
  const length = series.values.length;
  const start = length - backtest.holdout;
  const x = series.dates?.slice(start) ?? Float64Array.from({ length: length - start }, (_, i) => start + i + 1);
  const actual = Float64Array.from({ length: length - start }, (_, i) => series.values[start + i]);
  const predicted = new Float64Array(length - start).fill(Number.NaN);
  for (const run of endToEnd(backtest.model)) predicted.set(run.predicted, run.origin - start);
  return {
    title: `Backtest: forecasts of ${options.horizon} steps, one after another`,
    series: [
      { name: series.name, x, y: actual, style: "line" },
      { name: "forecast", x, y: predicted, style: "line" },
    ],
    ...(series.dates === undefined && { xLabel: "row" }),
  };
}

/** Forecasts that do not overlap. */
function endToEnd(runs: readonly BacktestOrigin[]): BacktestOrigin[] {
  let free = 0;
  return runs.filter(({ origin, predicted }) => {
    if (origin < free) return false;
    free = origin + predicted.length;
    return true;
  });
}

/** Training and validation loss by epoch. */
export function lossChart({ training }: ForecastRun): ChartSpec {
  const x = training.epochs.map(({ epoch }) => epoch);
  return {
    title: "Loss by epoch",
    series: [
      { name: "training", x, y: training.epochs.map(({ trainLoss }) => trainLoss), style: "line" },
      { name: "validation", x, y: training.epochs.map(({ validationLoss }) => validationLoss), style: "line" },
    ],
    markers: [{ name: "best epoch", x: training.bestEpoch }],
    xLabel: "epoch",
  };
}
