import { ArgumentError, ShapeError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";

function requirePairs(op: string, actual: ArrayLike<number>, predicted: ArrayLike<number>): void {
  if (actual.length !== predicted.length) {
    throw new ShapeError(
      op,
      `${actual.length} actual values and ${predicted.length} predictions`,
      "give one prediction for each value",
    );
  }
  if (actual.length === 0) throw new ArgumentError(op, "there are no values", "give at least one pair");
}

function meanOf(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum / count;
}

/**
 * Mean absolute error, `mean |actual - predicted|`, in the units of the series.
 *
 * @example
 * mae([1, 2, 4], [1, 3, 2]); // 1
 */
export function mae(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requirePairs("mae", actual, predicted);
  return meanOf(actual.length, (i) => Math.abs(actual[i] - predicted[i]));
}

/**
 * Root of the mean squared error, `sqrt(mean (actual - predicted)^2)`, in the units of the series.
 *
 * @example
 * rmse([1, 2], [4, 6]); // sqrt((9 + 16) / 2)
 */
export function rmse(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requirePairs("rmse", actual, predicted);
  return Math.sqrt(meanOf(actual.length, (i) => (actual[i] - predicted[i]) ** 2));
}

/**
 * Symmetric mean absolute percentage error, `mean of 200 |actual - predicted| / (|actual| + |predicted|)`, in percent from 0
 * to 200 (Makridakis, 1993; the M4 form). Where both are 0 the forecast is perfect, and the term counts as 0.
 *
 * @example
 * smape([100, 0], [110, 0]); // (200 * 10 / 210 + 0) / 2
 */
export function smape(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requirePairs("smape", actual, predicted);
  return meanOf(actual.length, (i) => {
    const size = Math.abs(actual[i]) + Math.abs(predicted[i]);
    return size === 0 ? 0 : (200 * Math.abs(actual[i] - predicted[i])) / size;
  });
}

/**
 * What MASE divides by: the mean absolute error of repeating the value `season` steps back, one step after the other, over
 * the training part: `mean |training[i] - training[i - season]|`.
 *
 * @throws ArgumentError if the training part is not longer than one season
 */
export function seasonalNaiveError(training: ArrayLike<number>, season: number): number {
  if (!Number.isInteger(season) || season < 1)
    throw new ArgumentError("seasonalNaiveError", `season ${describeValue(season)}`, "use a positive integer");
  if (training.length <= season) {
    throw new ArgumentError(
      "seasonalNaiveError",
      `${training.length} training values for a season of ${season}`,
      `give at least ${season + 1}, or a shorter season`,
    );
  }
  return meanOf(training.length - season, (i) => Math.abs(training[i + season] - training[i]));
}

/**
 * Mean absolute scaled error (Hyndman and Koehler, 2006): `mae` divided by `scale`, which comes from the training part alone
 * (`seasonalNaiveError`). Below 1 is better than the one-step seasonal-naive forecast was in training. With scale 0 (the
 * training part repeats itself exactly) it is 0 for a perfect forecast, else Infinity.
 *
 * @throws ArgumentError if the scale is negative
 * @example
 * mase([10, 12], [11, 12], seasonalNaiveError(training, 7));
 */
export function mase(actual: ArrayLike<number>, predicted: ArrayLike<number>, scale: number): number {
  requirePairs("mase", actual, predicted);
  if (!(scale >= 0)) throw new ArgumentError("mase", `scale ${scale}`, "use seasonalNaiveError(training, season)");
  const error = mae(actual, predicted);
  return error === 0 ? 0 : error / scale;
}
