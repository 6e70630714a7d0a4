import type { ForecastRun } from "@unrolled/train";
import { formatCount } from "../numbers.js";
import type { LoadedSeries } from "./load-series.js";

const count = (n: number): string => n.toLocaleString("en-US");

/** `5,479 rows, 2000-01-01 to 2014-12-31` */
export function extentOf({ series: { values, dates } }: LoadedSeries): string {
  const rows = formatCount(values.length, "row");
  return dates === undefined || dates.length === 0 ? rows : `${rows}, ${dates[0]} to ${dates[dates.length - 1]}`;
}

/** The model and what it has learned from. */
export function modelOf({ options, training }: ForecastRun): string {
  const layers = options.numLayers === 1 ? "" : `${options.numLayers} layers of `;
  return (
    `${options.cell.toUpperCase()}, ${layers}${formatCount(options.hiddenSize, "hidden unit")}, ` +
    `${formatCount(training.parameterCount, "parameter")}; reads ${options.window} steps, forecasts ${options.horizon}; ` +
    `learned from ${formatCount(training.samples, "window")}`
  );
}

export function trainingOf({ training, options }: ForecastRun): string {
  const { epochs, bestEpoch, stoppedEarly } = training;
  const last = epochs[epochs.length - 1]?.epoch ?? 0;
  if (stoppedEarly) return `stopped early at epoch ${last} of ${options.epochs}, best ${bestEpoch}`;
  return `${formatCount(last, "epoch")}, best ${bestEpoch}`;
}

export function backtestOf({ backtest, options }: ForecastRun): string {
  const forecasts = formatCount(backtest.origins, "forecast");
  return `${forecasts} of ${options.horizon} steps, one every ${options.stride}, in the last ${count(backtest.holdout)} steps, which the model has not learned from`;
}

/** The settings that a person can change, as flags. */
export function settingsOf({ options }: ForecastRun): [flag: string, value: string][] {
  return [
    ["--horizon", `${options.horizon}`],
    ["--season", `${options.season}`],
    ["--long-season", `${options.longSeason ?? "none"}`],
    ["--holdout", `${options.holdout}`],
    ["--stride", `${options.stride}`],
    ["--window", `${options.window}`],
    ["--cell", options.cell],
    ["--hidden-size", `${options.hiddenSize}`],
    ["--layers", `${options.numLayers}`],
    ["--dropout", `${options.dropout}`],
    ["--epochs", `${options.epochs}`],
    ["--patience", `${options.patience}`],
    ["--batch-size", `${options.batchSize}`],
    ["--lr", `${options.lr}`],
    ["--clip", `${options.clipGradNorm}`],
    ["--seed", `${options.seed}`],
  ];
}
