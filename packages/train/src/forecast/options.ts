import { ArgumentError } from "@unrolled/backend";
import { dayMs, type Spacing } from "./dates.js";
import { historyNeeded } from "./features.js";
import type { ForecastOptions, ResolvedOptions } from "./types.js";

/** What `forecast` does when not told otherwise, for a long daily series. */
export const forecastDefaults: Readonly<Omit<ForecastOptions, "longSeason" | "backend">> = {
  horizon: 28,
  season: 7,
  holdout: 365,
  stride: 7,
  window: 28,
  hiddenSize: 32,
  numLayers: 1,
  cell: "lstm",
  dropout: 0.2,
  epochs: 10,
  patience: 4,
  batchSize: 32,
  lr: 3e-3,
  clipGradNorm: 1,
  seed: 0,
};

const positiveIntegers = [
  "horizon",
  "season",
  "holdout",
  "stride",
  "window",
  "hiddenSize",
  "numLayers",
  "epochs",
  "patience",
  "batchSize",
] as const;

function checkNumbers(options: Omit<ForecastOptions, "backend">): void {
  for (const name of positiveIntegers) {
    if (!Number.isSafeInteger(options[name]) || options[name] < 1)
      throw new ArgumentError("forecast", `${name} is ${options[name]}`, "give a whole number of at least 1");
  }
  const { longSeason, lr, clipGradNorm, dropout, seed, cell } = options;
  if (longSeason !== undefined && longSeason !== null && (!Number.isSafeInteger(longSeason) || longSeason < 2))
    throw new ArgumentError("forecast", `longSeason is ${longSeason}`, "give a whole number above 1, or null for none");
  for (const [name, value] of Object.entries({ lr, clipGradNorm })) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY))
      throw new ArgumentError("forecast", `${name} is ${value}`, "give a number above 0");
  }
  if (!(dropout >= 0 && dropout < 1))
    throw new ArgumentError("forecast", `dropout is ${dropout}`, "give a number from 0 to below 1");
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ArgumentError("forecast", `seed is ${seed}`, "give a whole number of at least 0");
  if (cell !== "lstm" && cell !== "gru" && cell !== "rnn")
    throw new ArgumentError("forecast", `cell is ${String(cell)}`, 'use "lstm", "gru" or "rnn"');
}

/** A spacing's natural long season, or null. */
function naturalLongSeason(spacing: Spacing | null): number | null {
  if (spacing?.kind !== "fixed") return null;
  if (spacing.ms === dayMs) return 364;
  if (spacing.ms === 7 * dayMs) return 52;
  return null;
}

/** Fewest values before the held-back end to learn from with these settings. */
function trainingNeeded(window: number, horizon: number, season: number, longSeason: number | null): number {
  const before = historyNeeded({ window, season, longSeason });
  const samples = longSeason === null ? Math.max(horizon, 10) : longSeason;
  return before + 2 * horizon + samples;
}

const holdoutFor = (length: number, { holdout, horizon }: ForecastOptions): number =>
  Math.max(horizon, Math.min(holdout, Math.floor(length / 4)));

/**
 * Fills in defaults and adapts them to the series: a holdout of at most a quarter, a window that fits, a long season where dates
 * and length allow one.
 *
 * @throws ArgumentError if a value is out of range or the series too short, saying how many values are needed
 */
export function resolveOptions(
  length: number,
  spacing: Spacing | null,
  given: Partial<ForecastOptions>,
  warnings: string[],
): ResolvedOptions {
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const asked: ForecastOptions = { ...forecastDefaults, ...known };
  checkNumbers(asked);
  const { horizon, season } = asked;

  const holdout = holdoutFor(length, asked);
  if (given.holdout !== undefined && holdout !== given.holdout) {
    warnings.push(
      `holdout is ${holdout} instead of ${given.holdout}: at least one horizon and at most a quarter of the ${length} values`,
    );
  }
  const training = length - holdout;
  const room = Math.floor((training - trainingNeeded(0, horizon, season, null)) / 2);
  const shortest = Math.min(season, asked.window);
  const window = given.window !== undefined ? asked.window : Math.max(shortest, Math.min(asked.window, room));
  const needed = trainingNeeded(window, horizon, season, null);
  if (training < needed) {
    let enough = length;
    while (enough - holdoutFor(enough, asked) < needed) enough++;
    throw new ArgumentError(
      "forecast",
      `${length} values are too few: horizon ${horizon}, window ${window} and season ${season} need at least ${enough}`,
      "give more, or lower the horizon, the window or the season",
    );
  }
  return { ...asked, holdout, window, longSeason: resolveLongSeason(asked, training, window, spacing, warnings) };
}

function resolveLongSeason(
  { longSeason, horizon, season }: ForecastOptions,
  training: number,
  window: number,
  spacing: Spacing | null,
  warnings: string[],
): number | null {
  const wanted = longSeason === undefined ? naturalLongSeason(spacing) : longSeason;
  if (wanted === null || (longSeason === undefined && wanted <= season)) return null;
  if (wanted <= season)
    throw new ArgumentError(
      "forecast",
      `longSeason ${wanted} is not longer than season ${season}`,
      "use null for none",
    );
  const needed = trainingNeeded(window, horizon, season, wanted);
  if (training >= needed) return wanted;
  warnings.push(
    `no long season: ${training} values to learn from, but a long season of ${wanted} needs ${needed} before the held-back end`,
  );
  return null;
}
