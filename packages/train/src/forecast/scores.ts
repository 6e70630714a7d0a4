import { type BacktestOptions, type BacktestOrigin, backtest } from "../backtest.js";
import { type ForecastRule, seasonalMean, seasonalNaive } from "../baselines.js";
import { mae, mase, rmse, seasonalNaiveError, smape } from "../metrics.js";
import type { FirstGuess } from "./features.js";
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

/** The season as the dates make it mean something. */
export interface SeasonMeaning {
  readonly season: number;
  readonly longSeason: number | null;
  /** What a step is: a day, an hour, or something else. */
  readonly step: "day" | "hour" | "other";
}

function longSeasonName({ longSeason, step }: SeasonMeaning): string {
  if (step === "day" && longSeason === 364) return "same weekday last year";
  if (step === "hour" && longSeason === 168) return "same hour last week";
  return `long season (${longSeason} back)`;
}

function baselinesFor(meaning: SeasonMeaning, training: number): Baseline[] {
  const { season, longSeason, step } = meaning;
  const weekly = season === 7 && step === "day";
  const seasons = Math.min(4, Math.floor(training / season));
  const backs = season === 1 ? "the last value, repeated" : `the value ${season} steps back, repeated`;
  const naive = season === 1 ? "naive (last value)" : `seasonal naive (${season} back)`;
  const mean = season === 1 ? `mean of ${seasons} values` : `mean of ${seasons} seasons`;
  const list: Baseline[] = [
    { name: weekly ? "weekly naive" : naive, rule: seasonalNaive(season), note: backs },
    {
      name: weekly && seasons === 4 ? "four-week mean" : mean,
      rule: seasonalMean(season, seasons),
      note:
        season === 1
          ? `mean of the last ${seasons} values`
          : `mean of the last ${seasons} values at the same place in the season of ${season}`,
    },
  ];
  if (longSeason !== null) {
    list.push({
      name: longSeasonName(meaning),
      rule: seasonalNaive(longSeason),
      note: `the value ${longSeason} steps back`,
    });
  }
  return list;
}

/** A first guess in words, and in few of them. */
export function guessNames(
  kind: FirstGuess,
  season: number,
  longSeason: number | null,
): { readonly name: string; readonly words: string } {
  const last = season === 1 ? "the last value" : `the value ${season} steps back`;
  const names: Record<FirstGuess, readonly [name: string, words: string]> = {
    naive: ["naive", `${last}, repeated`],
    drift: ["drift", `${last}, repeated, with the recent slope`],
    mean: ["mean", season === 1 ? "the mean of the last 4 values" : `the mean of the last 4 seasons of ${season}`],
    long: ["long season", `the value ${longSeason} steps back`],
    longShifted: ["long season", `the value ${longSeason} steps back, moved to the recent level`],
  };
  const [name, words] = names[kind];
  return { name: `first guess (${name})`, words };
}

/** A row for each baseline, from the same origins as the model's. */
export async function baselineRows(
  values: Float64Array,
  options: BacktestOptions & SeasonMeaning,
  scale: number,
): Promise<ScoreRow[]> {
  const rows: ScoreRow[] = [];
  const { season, longSeason, step, ...testing } = options;
  for (const { name, rule, note } of baselinesFor({ season, longSeason, step }, values.length - testing.holdout)) {
    rows.push(scoreRow(name, "baseline", await backtest(values, rule, testing), scale, note));
  }
  return rows;
}
