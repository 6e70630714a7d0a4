import type { BacktestOrigin } from "../backtest.js";

const fewOrigins = 20;

/** The p-quantile, 0 <= p <= 1, between the two nearest values (NumPy's default, Hyndman and Fan's type 7). */
export function quantile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = p * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

/**
 * Empirical intervals: step k of a forecast plus the quantiles (1 - level) / 2 and (1 + level) / 2 of the backtest's errors at
 * step k, or at all steps where the backtest had fewer than 20 origins. The interval always holds the forecast itself.
 */
export function residualIntervals(
  values: Float64Array,
  runs: readonly BacktestOrigin[],
  level: number,
): { lower: Float64Array; upper: Float64Array } {
  const residuals = runs.map(({ actual, predicted }) => actual.map((value, k) => value - predicted[k]));
  const pooled = runs.length < fewOrigins ? residuals.flatMap((row) => [...row]) : null;
  const lower = new Float64Array(values.length);
  const upper = new Float64Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const errors = pooled ?? residuals.map((row) => row[k]);
    lower[k] = values[k] + Math.min(0, quantile(errors, (1 - level) / 2));
    upper[k] = values[k] + Math.max(0, quantile(errors, (1 + level) / 2));
  }
  return { lower, upper };
}
