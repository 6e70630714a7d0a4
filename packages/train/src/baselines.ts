import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";

/**
 * A forecast rule: from all values before the origin, the next `horizon` ones. `history[history.length - 1]` is the last
 * value known; step 0 of the result is the one after it.
 */
export type ForecastRule = (history: Float64Array, horizon: number) => Float64Array;

function requireHistory(op: string, history: ArrayLike<number>, needed: number): void {
  if (history.length < needed) {
    throw new ArgumentError(op, `${history.length} values of history`, `give at least ${needed}, or a shorter season`);
  }
}

function requireSeason(op: string, season: number): void {
  if (!Number.isInteger(season) || season < 1)
    throw new ArgumentError(op, `season ${describeValue(season)}`, "use a positive integer");
}

/**
 * Seasonal naive: step k is the last known value at the same place in the season,
 * `history[n - season + (k mod season)]`. With season 7 on daily data, the last week repeated; with 364, the same weekday
 * last year.
 *
 * @example
 * seasonalNaive(7)(history, 28); // Float64Array [28]
 */
export function seasonalNaive(season: number): ForecastRule {
  requireSeason("seasonalNaive", season);
  return (history, horizon) => {
    requireHistory("seasonalNaive", history, season);
    const start = history.length - season;
    return Float64Array.from({ length: horizon }, (_, k) => history[start + (k % season)]);
  };
}

/**
 * Mean of the last `seasons` values at the same place in the season,
 * `mean over j = 1..seasons of history[n - j season + (k mod season)]`. With season 7 and 4 seasons, the four-week mean.
 *
 * @throws ArgumentError unless seasons is a positive integer
 * @example
 * seasonalMean(7, 4)(history, 28);
 */
export function seasonalMean(season: number, seasons = 4): ForecastRule {
  requireSeason("seasonalMean", season);
  if (!Number.isInteger(seasons) || seasons < 1)
    throw new ArgumentError("seasonalMean", `${describeValue(seasons)} seasons`, "use a positive integer");
  return (history, horizon) => {
    requireHistory("seasonalMean", history, season * seasons);
    return Float64Array.from({ length: horizon }, (_, k) => {
      let sum = 0;
      for (let j = 1; j <= seasons; j++) sum += history[history.length - j * season + (k % season)];
      return sum / seasons;
    });
  };
}
