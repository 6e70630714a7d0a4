import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import type { Spacing } from "@unrolled/datasets";
import { fitSizes, type Sizes, trainingNeeded } from "./fit-sizes.js";
import { type Rhythm, rhythmOf } from "./rhythm.js";
import type { ForecastOptions, ResolvedOptions } from "./types.js";

/** What `forecast` does when not told otherwise, for a long daily series; the first five follow the spacing of the dates. */
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

const known: readonly string[] = [...Object.keys(forecastDefaults), "longSeason", "backend"];

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
      throw new ArgumentError(
        "forecast",
        `${name} is ${describeValue(options[name])}`,
        "give a whole number of at least 1",
      );
  }
  const { longSeason, lr, clipGradNorm, dropout, seed, cell } = options;
  if (longSeason !== undefined && longSeason !== null && (!Number.isSafeInteger(longSeason) || longSeason < 2))
    throw new ArgumentError(
      "forecast",
      `longSeason is ${describeValue(longSeason)}`,
      "give a whole number above 1, or null for none",
    );
  for (const [name, value] of Object.entries({ lr, clipGradNorm })) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY))
      throw new ArgumentError("forecast", `${name} is ${describeValue(value)}`, "give a number above 0");
  }
  if (!(dropout >= 0 && dropout < 1))
    throw new ArgumentError("forecast", `dropout is ${describeValue(dropout)}`, "give a number from 0 to below 1");
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ArgumentError("forecast", `seed is ${describeValue(seed)}`, "give a whole number of at least 0");
  if (cell !== "lstm" && cell !== "gru" && cell !== "rnn")
    throw new ArgumentError("forecast", `cell is ${describeValue(cell)}`, 'use "lstm", "gru" or "rnn"');
}

/** Ten test forecasts or more, if the held-back end has room for them. */
function strideFor({ horizon, holdout }: Sizes, rhythm: Rhythm): number {
  return Math.max(1, Math.min(rhythm.stride, Math.floor((holdout - horizon) / 9)));
}

function seasonReason(asked: number | undefined, { season }: Sizes, rhythm: Rhythm, spacing: Spacing | null): string {
  if (asked !== undefined) return "as asked for";
  if (rhythm.word !== null) {
    const dates = `the dates ${rhythm.word.startsWith("every ") ? "come" : "are"} ${rhythm.word}`;
    return season === rhythm.season ? dates : `${dates}, but there are too few for ${rhythm.season}`;
  }
  return spacing === null ? "there are no dates to tell a season by" : "the dates have no regular step";
}

export interface Decided {
  readonly options: ResolvedOptions;
  /** Why the season is what it is, as `the dates are monthly`. */
  readonly seasonReason: string;
}

/**
 * Fills in defaults that follow from the spacing of the dates, as far as the series is long enough.
 *
 * @throws ArgumentError if an option is unknown, a value is out of range or the series too short, saying how many values are needed
 */
export function resolveOptions(
  length: number,
  spacing: Spacing | null,
  given: Partial<ForecastOptions>,
  warnings: string[],
): Decided {
  requireKnownOptions("forecast", given, known);
  const asGiven: Partial<ForecastOptions> = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  checkNumbers({ ...forecastDefaults, ...asGiven });
  const rhythm = rhythmOf(spacing);
  const { season, horizon, holdout, window } = asGiven;
  const sizes = fitSizes(length, { season, horizon, holdout, window }, rhythm, warnings);
  const stride = asGiven.stride ?? strideFor(sizes, rhythm);
  const asked: ForecastOptions = { ...forecastDefaults, ...asGiven, ...sizes, stride };
  const longSeason = resolveLongSeason(asked, length - sizes.holdout, rhythm, warnings);
  return {
    options: { ...asked, longSeason },
    seasonReason: seasonReason(season, sizes, rhythm, spacing),
  };
}

const stepsWanted = 650;
const mostEpochs = 100;

/** Epochs and patience for so many windows: more passes over few of them, so that the network gets to learn from them. */
export function epochsFor(
  samples: number,
  batchSize: number,
  given: Partial<ForecastOptions>,
): Pick<ForecastOptions, "epochs" | "patience"> {
  const fitting = Math.ceil(stepsWanted / Math.ceil(samples / batchSize));
  const epochs = given.epochs ?? Math.max(forecastDefaults.epochs, Math.min(mostEpochs, fitting));
  return { epochs, patience: given.patience ?? Math.max(forecastDefaults.patience, Math.ceil(0.2 * epochs)) };
}

function resolveLongSeason(
  { longSeason, horizon, season, window }: ForecastOptions,
  training: number,
  rhythm: Rhythm,
  warnings: string[],
): number | null {
  const wanted = longSeason === undefined ? rhythm.longSeason : longSeason;
  if (wanted === null || (longSeason === undefined && wanted <= season)) return null;
  if (wanted <= season)
    throw new ArgumentError(
      "forecast",
      `longSeason ${wanted} is not longer than season ${season}`,
      "use null for none",
    );
  const needed = trainingNeeded(window, horizon, wanted, wanted);
  if (training >= needed) return wanted;
  warnings.push(
    `no long season: ${training} values to learn from, but a long season of ${wanted} needs ${needed} before the held-back end`,
  );
  return null;
}
