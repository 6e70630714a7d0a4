import { ArgumentError } from "@unrolled/backend";
import { StandardScaler } from "@unrolled/datasets";
import { dayMs, futureTimes, parseDates, type Spacing, spacingOf } from "./dates.js";
import { type FeaturePlan, historyNeeded, planFeatures } from "./features.js";
import { resolveOptions } from "./options.js";
import type { ForecastOptions, ResolvedOptions, SeriesInput } from "./types.js";

/** A checked series with everything that is decided before training. Scaler and features know the training part only. */
export interface Prepared {
  readonly values: Float64Array;
  /** Of all values and of the horizon after them; null where there are no dates. */
  readonly times: readonly number[] | null;
  readonly spacing: Spacing | null;
  readonly options: ResolvedOptions;
  readonly plan: FeaturePlan;
  readonly scaler: StandardScaler;
  readonly scale: number;
  readonly constant: boolean;
  /** Index of the first held-back value. */
  readonly trainEnd: number;
  readonly trainOrigins: readonly number[];
  readonly validationOrigins: readonly number[];
}

function checkedValues({ values }: SeriesInput): Float64Array {
  const out = Float64Array.from(values);
  const bad = out.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new ArgumentError("forecast", `values[${bad}] is ${out[bad]}`, "give finite numbers only");
  return out;
}

const range = (start: number, end: number, step = 1): number[] => {
  const out: number[] = [];
  for (let i = start; i < end; i += step) out.push(i);
  return out;
};

/**
 * Origins to learn from and to validate with. Targets of the former end before the latter begin; those end before the held-back
 * part.
 */
function splitOrigins(
  first: number,
  trainEnd: number,
  horizon: number,
  longSeason: number | null,
): [number[], number[]] {
  const last = trainEnd - horizon;
  const all = last - first + 1;
  const wanted = Math.min(longSeason ?? Number.POSITIVE_INFINITY, Math.max(1, Math.floor(all * 0.15)));
  const validationStart = Math.max(first + horizon + 1, trainEnd - wanted - horizon);
  const stride = Math.max(1, Math.floor((last - validationStart) / 100));
  return [range(first, validationStart - horizon + 1), range(validationStart, last + 1, stride)];
}

export function prepare(series: SeriesInput, given: Partial<ForecastOptions>, warnings: string[]): Prepared {
  const values = checkedValues(series);
  const parsed = series.dates === undefined ? null : parseDates(series.dates, values.length);
  const spacing = parsed === null ? null : spacingOf(parsed);
  const options = resolveOptions(values.length, spacing, given, warnings);
  const { horizon, season, longSeason, holdout, window } = options;
  const times = parsed === null || spacing === null ? null : [...parsed, ...futureTimes(parsed, spacing, horizon)];
  if (spacing?.kind === "fixed" && !spacing.exact)
    warnings.push("the dates are unevenly spaced: future dates follow at the median gap");

  const trainEnd = values.length - holdout;
  const training = values.slice(0, trainEnd);
  const daily = spacing?.kind === "workdays" || (spacing?.kind === "fixed" && spacing.ms === dayMs);
  const plan = planFeatures({
    window,
    horizon,
    season,
    longSeason,
    weekday: daily && season % 7 === 0,
    yearly: spacing !== null && !(spacing.kind === "fixed" && spacing.ms < dayMs) && longSeason !== null,
    earlierYears: daily && season === 7 && longSeason === 364,
  });
  const constant = training.every((value) => value === training[0]);
  if (constant) {
    warnings.push(
      `all ${trainEnd} values before the held-back end are ${training[0]}: there is nothing to learn, and the forecast repeats what was last`,
    );
  }
  const scaler = new StandardScaler().fit(training);
  const [trainOrigins, validationOrigins] = splitOrigins(historyNeeded(plan), trainEnd, horizon, longSeason);
  const scale = constant ? 0 : scaler.scale[0];
  return {
    values,
    times,
    spacing,
    options,
    plan,
    scaler,
    scale,
    constant,
    trainEnd,
    trainOrigins,
    validationOrigins,
  };
}
