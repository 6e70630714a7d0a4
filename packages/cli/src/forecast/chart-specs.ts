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

const shownForecasts = 4;

/** The last forecasts of the backtest that do not overlap, and what came true. */
export function backtestChart({ series, options, backtest }: ForecastRun): ChartSpec {
  const runs = lastEndToEnd(backtest.model, shownForecasts);
  const start = runs[0]?.origin ?? 0;
  const end = runs.reduce((latest, { origin, actual }) => Math.max(latest, origin + actual.length), start);
  const x = series.dates?.slice(start, end) ?? Float64Array.from({ length: end - start }, (_, i) => start + i + 1);
  const actual = Float64Array.from({ length: end - start }, (_, i) => series.values[start + i]);
  const predicted = new Float64Array(end - start).fill(Number.NaN);
  for (const run of runs) predicted.set(run.predicted, run.origin - start);
  const which = runs.length === 1 ? "the last forecast" : `the last ${runs.length} forecasts in a row, each`;
  return {
    title: `Backtest: ${which} of ${options.horizon} steps`,
    series: [
      { name: series.name, x, y: actual, style: "line" },
      { name: "forecast", x, y: predicted, style: "line" },
    ],
    ...(series.dates === undefined && { xLabel: "row" }),
  };
}

/** The last `count` forecasts that do not overlap, oldest first. */
function lastEndToEnd(runs: readonly BacktestOrigin[], count: number): BacktestOrigin[] {
  const chosen: BacktestOrigin[] = [];
  for (const run of [...runs].reverse()) {
    const later = chosen[0];
    if (later === undefined || run.origin + run.predicted.length <= later.origin) chosen.unshift(run);
    if (chosen.length === count) break;
  }
  return chosen;
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
