import { type BacktestOptions, type BacktestOrigin, backtest } from "../backtest.js";
import { type ForecastRule, seasonalMean, seasonalNaive } from "../baselines.js";
import { mae, mase, rmse, seasonalNaiveError, smape } from "../metrics.js";
import type { ScoreRow } from "./types.js";

/** Scores of all forecasts of a backtest taken together: each step of each origin counts once. */
export function scoreRow(
  name: string,
  kind: ScoreRow["kind"],
  runs: readonly BacktestOrigin[],
  scale: number,
  note?: string,
): ScoreRow {
  const actual = runs.flatMap((run) => [...run.actual]);
  const predicted = runs.flatMap((run) => [...run.predicted]);
  const scores = {
    mae: mae(actual, predicted),
    rmse: rmse(actual, predicted),
    mase: mase(actual, predicted, scale),
    smape: smape(actual, predicted),
  };
  return { name, kind, ...scores, ...(note !== undefined && { note }) };
}

/** MASE's denominator, from the part before the held-back end. */
export function trainingScale(training: Float64Array, season: number): number {
  return seasonalNaiveError(training, season);
}

interface Baseline {
  readonly name: string;
  readonly rule: ForecastRule;
  readonly note: string;
}

function baselinesFor(season: number, longSeason: number | null, training: number): Baseline[] {
  const weekly = season === 7;
  const seasons = Math.min(4, Math.floor(training / season));
  const list: Baseline[] = [
    {
      name: weekly ? "weekly naive" : "seasonal naive",
      rule: seasonalNaive(season),
      note: `the value ${season} steps back, repeated`,
    },
    {
      name: weekly && seasons === 4 ? "four-week mean" : `mean of ${seasons} seasons`,
      rule: seasonalMean(season, seasons),
      note: `mean of the last ${seasons} values at the same place in the season of ${season}`,
    },
  ];
  if (longSeason !== null) {
    list.push({
      name: longSeason === 364 ? "same weekday last year" : "last long season",
      rule: seasonalNaive(longSeason),
      note: `the value ${longSeason} steps back`,
    });
  }
  return list;
}

/** A row for each baseline, from the same origins as the model's. */
export async function baselineRows(
  values: Float64Array,
  options: BacktestOptions & { readonly season: number; readonly longSeason: number | null },
  scale: number,
): Promise<ScoreRow[]> {
  const rows: ScoreRow[] = [];
  for (const { name, rule, note } of baselinesFor(
    options.season,
    options.longSeason,
    values.length - options.holdout,
  )) {
    rows.push(scoreRow(name, "baseline", await backtest(values, rule, options), scale, note));
  }
  return rows;
}
