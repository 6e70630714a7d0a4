import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import { futureTimes, type Spacing, StandardScaler, spacingOf } from "@unrolled/datasets";
import { dayMs, parseDates } from "./dates.js";
import { type FeaturePlan, type FirstGuess, historyNeeded, planFeatures, SeriesFeatures } from "./features.js";
import { epochsFor, resolveOptions } from "./options.js";
import { isDaily } from "./rhythm.js";
import type { ForecastOptions, ResolvedOptions, SeriesInput } from "./types.js";

/** A checked series with everything that is decided before training. Scaler and features know the training part only. */
export interface Prepared {
  readonly values: Float64Array;
  /** Of all values and of the horizon after them; null where there are no dates. */
  readonly times: readonly number[] | null;
  readonly spacing: Spacing | null;
  readonly options: ResolvedOptions;
  readonly seasonReason: string;
  readonly plan: FeaturePlan;
  readonly scaler: StandardScaler;
  readonly scale: number;
  readonly constant: boolean;
  /** Index of the first held-back value. */
  readonly trainEnd: number;
  /** Of the part before the held-back end. */
  readonly features: SeriesFeatures;
  readonly trainOrigins: readonly number[];
  readonly validationOrigins: readonly number[];
  /** The validation loss of adding nothing to the first guess. */
  readonly firstGuessLoss: number;
}

export function checkedValues(series: SeriesInput): Float64Array {
  const { values } = Object(series) as Partial<SeriesInput>;
  if (typeof values !== "object" || values === null) {
    throw new ArgumentError(
      "forecast",
      `the series is ${describeValue(series)}`,
      "give { name, values }, and dates where it has some",
    );
  }
  const out = Float64Array.from(values);
  const bad = out.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ArgumentError("forecast", `values[${bad}] is ${describeValue(out[bad])}`, "give finite numbers only");
  return out;
}

const range = (start: number, end: number, step = 1): number[] => {
  const out: number[] = [];
  for (let i = start; i < end; i += step) out.push(i);
  return out;
};

const enoughSamples = 2500;

/** A step that leaves at most `enoughSamples` of `count` origins and still visits every place in the season. */
function sampleStride(count: number, season: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.ceil(count / enoughSamples));
  while (divisor(stride, season) > 1) stride++;
  return stride;
}

/**
 * Origins to learn from and to validate with. Targets of the former end before the latter begin; those end before the held-back
 * part.
 */
function splitOrigins(
  { horizon, season, longSeason, window }: ResolvedOptions,
  trainEnd: number,
): [training: number[], validation: number[]] {
  const first = historyNeeded({ window, season, longSeason });
  const last = trainEnd - horizon;
  const all = last - first + 1;
  const wanted = Math.min(longSeason ?? Number.POSITIVE_INFINITY, Math.max(1, Math.floor(all * 0.15)));
  const validationStart = Math.max(first + horizon + 1, trainEnd - wanted - horizon);
  const stride = Math.max(1, Math.floor((last - validationStart) / 100));
  const end = validationStart - horizon + 1;
  return [range(first, end, sampleStride(end - first, season)), range(validationStart, last + 1, stride)];
}

/** The first guess with the least absolute error over the origins to learn from. */
function chooseFirstGuess(features: SeriesFeatures, training: Float64Array, origins: readonly number[]): FirstGuess {
  const { window, season } = features.plan;
  const kinds: FirstGuess[] = window >= season ? ["naive", "drift", "mean"] : ["naive", "mean"]; // drift reads two seasons
  if (features.plan.longSeason !== null) kinds.push("long", "longShifted");
  const stride = Math.ceil(origins.length / 200);
  const tried = origins.filter((_, i) => i % stride === 0);
  const errors = kinds.map((kind) => {
    let sum = 0;
    for (const origin of tried) {
      for (const [k, guess] of features.firstGuess(origin, kind).entries())
        sum += Math.abs(training[origin + k] - guess);
    }
    return sum;
  });
  return kinds[errors.indexOf(Math.min(...errors))];
}

function meanTargetSize(features: SeriesFeatures, origins: readonly number[]): number {
  const { horizon } = features.plan;
  const targets = new Float32Array(horizon);
  let sum = 0;
  for (const origin of origins) {
    features.fillTargets(origin, targets, 0);
    for (const target of targets) sum += Math.abs(target) / horizon;
  }
  return sum / origins.length;
}

function warnUneven(spacing: Spacing | null, season: number, warnings: string[]): void {
  if (spacing === null) return;
  if (!spacing.regular) warnings.push("the dates are unevenly spaced: future dates follow at the median gap");
  if (spacing.missing === 0) return;
  const steps = spacing.missing === 1 ? "1 step" : `${spacing.missing} steps`;
  const slips = season === 1 ? "rows are taken as evenly spaced" : "the season slips there";
  warnings.push(
    `the dates leave out ${steps}, and ${slips}: fill them in (readSeries does, with missing: "interpolate")`,
  );
}

export function prepare(series: SeriesInput, given: Partial<ForecastOptions>, warnings: string[]): Prepared {
  const values = checkedValues(series);
  const parsed = series.dates === undefined ? null : parseDates(series.dates, values.length);
  const spacing = parsed === null ? null : spacingOf(parsed);
  const { options: decided, seasonReason } = resolveOptions(values.length, spacing, given, warnings);
  const { horizon, season, longSeason, holdout, window } = decided;
  const times = parsed === null || spacing === null ? null : [...parsed, ...futureTimes(parsed, spacing, horizon)];
  warnUneven(spacing, season, warnings);

  const trainEnd = values.length - holdout;
  const training = values.slice(0, trainEnd);
  const daily = isDaily(spacing);
  const week = spacing?.unit === "workdays" ? 5 : 7;
  const belowDays = spacing?.unit === "milliseconds" && spacing.step < dayMs;
  const draft = planFeatures({
    window,
    horizon,
    season,
    longSeason,
    weekday: daily && season % week === 0,
    yearly: spacing !== null && !belowDays && longSeason !== null,
    earlierYears: daily && season === 7 && longSeason === 364,
    firstGuess: "naive",
  });
  const constant = training.every((value) => value === training[0]);
  if (constant) {
    warnings.push(
      `all ${trainEnd} values before the held-back end are ${training[0]}: there is nothing to learn, and the forecast repeats what was last`,
    );
  }
  const scaler = new StandardScaler().fit(training);
  const [trainOrigins, validationOrigins] = splitOrigins(decided, trainEnd);
  const options = { ...decided, ...epochsFor(trainOrigins.length, decided.batchSize, given) };
  const scale = scaler.scale[0];
  const known = times?.slice(0, trainEnd + horizon) ?? null;
  const firstGuess = chooseFirstGuess(new SeriesFeatures(draft, training, known, 1), training, trainOrigins);
  const plan = { ...draft, firstGuess };
  const features = new SeriesFeatures(plan, training, known, scale);
  return {
    values,
    times,
    spacing,
    options,
    seasonReason,
    plan,
    scaler,
    scale,
    constant,
    trainEnd,
    features,
    trainOrigins,
    validationOrigins,
    firstGuessLoss: meanTargetSize(features, validationOrigins),
  };
}
