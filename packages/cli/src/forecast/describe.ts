import type { ForecastRun } from "@unrolled/train";
import { formatCount, formatSmall } from "../numbers.js";
import type { ModelCheck } from "../onnx/check-model.js";
import type { LoadedSeries } from "./load-series.js";

const count = (n: number): string => n.toLocaleString("en-US");

/** `5,479 rows, 2000-01-01 to 2014-12-31` */
export function extentOf({ series: { values, dates } }: LoadedSeries): string {
  const rows = formatCount(values.length, "row");
  return dates === undefined || dates.length === 0 ? rows : `${rows}, ${dates[0]} to ${dates[dates.length - 1]}`;
}

/** The model and what it has learned from. */
export function modelOf({ options, training, network }: ForecastRun): string {
  const layers = options.numLayers === 1 ? "" : `${options.numLayers} layers of `;
  return (
    `${options.cell.toUpperCase()}, ${layers}${formatCount(options.hiddenSize, "hidden unit")}, ` +
    `${formatCount(training.parameterCount, "parameter")}; reads ${formatCount(options.window, "step")}, forecasts ${options.horizon}; ` +
    `learned from ${formatCount(training.samples, "window")}${network.used ? "" : "; not used, since it added nothing"}`
  );
}

/** `12: the dates are monthly` */
export function seasonOf({ options, seasonReason }: Pick<ForecastRun, "options" | "seasonReason">): string {
  const long = options.longSeason === null ? "" : `; long season ${options.longSeason}`;
  return `${options.season}: ${seasonReason}${long}`;
}

const fewBacktests = 10;

/** A warning where the interval comes from few forecasts; else null. */
export function intervalCaution({ backtest }: ForecastRun): string | null {
  if (backtest.origins >= fewBacktests) return null;
  return `The interval comes from ${formatCount(backtest.origins, "backtest")} only: take it with care.`;
}

/** How the interval was made. */
export function intervalOf(run: ForecastRun): string {
  const { forecast, backtest } = run;
  const percent = Math.round(forecast.level * 100);
  const outside = `about one value in ${Math.round(1 / (1 - forecast.level))} should fall outside it`;
  if (forecast.intervalFrom === "steps")
    return `The band is where the middle ${percent} % of the backtest's errors lie, step by step: ${outside}.`;
  if (forecast.intervalFrom === "pooled")
    return `The band is where the middle ${percent} % of the backtest's errors lie, those of all steps taken together, since ${formatCount(backtest.origins, "forecast")} are too few to tell the steps apart: ${outside}, more of them late than early.`;
  const caution = intervalCaution(run);
  const why =
    caution === null
      ? " All errors had one sign, so the forecast was always too low or always too high."
      : ` ${caution}`;
  return `The band reaches as far to both sides as ${percent} % of the backtest's errors are large, those of all steps taken together.${why}`;
}

export function trainingOf({ training, options }: ForecastRun): string {
  const { epochs, bestEpoch, stoppedEarly } = training;
  const last = epochs[epochs.length - 1]?.epoch ?? 0;
  if (stoppedEarly) return `stopped early at epoch ${last} of ${options.epochs}, best ${bestEpoch}`;
  return `${formatCount(last, "epoch")}, best ${bestEpoch}`;
}

export function backtestOf({ backtest, options }: ForecastRun): string {
  const forecasts = formatCount(backtest.origins, "forecast");
  return `${forecasts} of ${options.horizon} steps, one every ${options.stride === 1 ? "step" : `${options.stride} steps`}, in the last ${count(backtest.holdout)} steps, which the model has not learned from`;
}

/** `model.onnx checked in ONNX Runtime: largest difference 2.1e-7 of the scale over 50 forecasts` */
export function checkOf({ forecasts, largestDifference }: ModelCheck): string {
  const difference =
    largestDifference === 0 ? "no difference" : `largest difference ${formatSmall(largestDifference)} of the scale`;
  return `model.onnx checked in ONNX Runtime: ${difference} over ${formatCount(forecasts, "forecast")}`;
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
