import type { BacktestOrigin } from "../backtest.js";

const fewOrigins = 10;
const someOrigins = 20;

/** The p-quantile, 0 <= p <= 1, between the two nearest values (NumPy's default, Hyndman and Fan's type 7). */
export function quantile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = p * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

/**
 * What an interval was made of: the errors of each step (`steps`), those of all steps together (`pooled`), or their sizes without
 * their signs, all together (`sizes`).
 */
export type IntervalSource = "steps" | "pooled" | "sizes";

export interface Intervals {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly intervalFrom: IntervalSource;
}

/**
 * Empirical intervals: step k of a forecast plus the quantiles (1 - level) / 2 and (1 + level) / 2 of the backtest's errors at
 * step k, or at all steps where the backtest had fewer than 20 origins. The interval always holds the forecast itself. With
 * fewer than 10 origins, or where the errors have one sign only and a bound would be the forecast at every step, it
 * is the forecast plus and minus the `level` quantile of the errors' sizes.
 */
export function residualIntervals(values: Float64Array, runs: readonly BacktestOrigin[], level: number): Intervals {
  const residuals = runs.map(({ actual, predicted }) => actual.map((value, k) => value - predicted[k]));
  const all = residuals.flatMap((row) => [...row]);
  const pooled = runs.length < someOrigins ? all : null;
  const lower = new Float64Array(values.length);
  const upper = new Float64Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const errors = pooled ?? residuals.map((row) => row[k]);
    lower[k] = Math.min(0, quantile(errors, (1 - level) / 2));
    upper[k] = Math.max(0, quantile(errors, (1 + level) / 2));
  }
  const oneSided = [lower, upper].some((bound) => bound.every((distance) => distance === 0));
  const bySize = runs.length < fewOrigins || oneSided;
  const size = bySize ? quantile(all.map(Math.abs), level) : 0;
  return {
    lower: values.map((value, k) => value + (bySize ? -size : lower[k])),
    upper: values.map((value, k) => value + (bySize ? size : upper[k])),
    intervalFrom: bySize ? "sizes" : pooled !== null ? "pooled" : "steps",
  };
}
