import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";

/** Options of `backtest`. */
export interface BacktestOptions {
  /** Steps held back at the end. */
  readonly holdout: number;
  /** Steps forecast from each origin. */
  readonly horizon: number;
  /** Steps from one origin to the next. Default 1. */
  readonly stride?: number;
}

const known: readonly (keyof BacktestOptions)[] = ["holdout", "horizon", "stride"];

/** One forecast of a backtest and what came true. */
export interface BacktestOrigin {
  /** Index of the first predicted step; the forecast saw only values before it. */
  readonly origin: number;
  readonly predicted: Float64Array;
  readonly actual: Float64Array;
}

/**
 * Where a rolling-origin backtest of a series of `length` values starts its forecasts: at the first held-back step and every
 * `stride` steps after it, as long as the whole horizon lies in the held-back end.
 *
 * @throws ArgumentError if an option is unknown, or the held-back end is longer than the series or shorter than the horizon
 * @example
 * rollingOrigins(5479, { holdout: 365, horizon: 28, stride: 7 }).length; // 49
 */
export function rollingOrigins(length: number, options: BacktestOptions): number[] {
  requireKnownOptions("rollingOrigins", options, known);
  const { holdout, horizon, stride = 1 } = options;
  for (const [name, value] of Object.entries({ holdout, horizon, stride })) {
    if (!Number.isInteger(value) || value < 1)
      throw new ArgumentError("rollingOrigins", `${name} ${describeValue(value)}`, "use a positive integer");
  }
  if (holdout >= length)
    throw new ArgumentError("rollingOrigins", `holdout ${holdout} of ${length} values`, "hold back fewer");
  if (horizon > holdout) {
    throw new ArgumentError(
      "rollingOrigins",
      `horizon ${horizon} is longer than the held-back ${holdout}`,
      "hold back at least one horizon",
    );
  }
  const origins: number[] = [];
  for (let origin = length - holdout; origin + horizon <= length; origin += stride) origins.push(origin);
  return origins;
}

/**
 * Rolling-origin backtest. For every origin, `rule` gets a copy of the values before it and nothing else, so that it cannot
 * look ahead; what it was fitted on is up to the caller.
 *
 * @returns the forecasts in time order
 * @throws ArgumentError if the rule does not give one value for each step
 * @example
 * const runs = await backtest(series, seasonalNaive(7), { holdout: 365, horizon: 28, stride: 7 });
 */
export async function backtest(
  values: ArrayLike<number>,
  rule: (history: Float64Array, horizon: number) => ArrayLike<number> | Promise<ArrayLike<number>>,
  options: BacktestOptions,
): Promise<BacktestOrigin[]> {
  requireKnownOptions("backtest", options, known);
  const all = Float64Array.from(values);
  const runs: BacktestOrigin[] = [];
  for (const origin of rollingOrigins(all.length, options)) {
    const predicted = Float64Array.from(await rule(all.slice(0, origin), options.horizon));
    if (predicted.length !== options.horizon) {
      throw new ArgumentError(
        "backtest",
        `the rule gave ${predicted.length} values for a horizon of ${options.horizon}`,
        "give one for each step",
      );
    }
    runs.push({ origin, predicted, actual: all.slice(origin, origin + options.horizon) });
  }
  return runs;
}
