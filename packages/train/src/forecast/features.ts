import { indexByDay, nthLastWeekdayBefore, nthWeekdayBefore, placeInCalendar, sameDateBefore } from "./calendar.js";

/**
 * The first guess that the network corrects: the last season repeated (`naive`), with the window's slope (`drift`), the mean of the
 * last four seasons (`mean`), the long season's last values (`long`), or those moved to the window's level (`longShifted`).
 */
export type FirstGuess = "naive" | "drift" | "mean" | "long" | "longShifted";

/** Which features a series has, as plain data: decided once from the part to learn from. */
export interface FeaturePlan {
  readonly window: number;
  readonly horizon: number;
  readonly season: number;
  readonly longSeason: number | null;
  /** Day of the week, as seven columns. */
  readonly weekday: boolean;
  /** Place in the year, as sines and cosines. */
  readonly yearly: boolean;
  /** How unusual the corresponding days of earlier years were (same date, same n-th weekday of the month). */
  readonly earlierYears: boolean;
  readonly firstGuess: FirstGuess;
  /** Size of one step of the window, and of one step to forecast. */
  readonly windowSize: number;
  readonly stepSize: number;
}

const alignments = [sameDateBefore, nthWeekdayBefore, nthLastWeekdayBefore] as const;
export const alignmentCount: number = alignments.length;
export const yearsBack = 6;
const oneHotLimit = 14;
export const yearWaves = 4;
export const seasonWaves = 2;
/** Seasons of which `mean` and the feature of that name take the mean. */
export const meanSeasons = 4;
const notYetKnown = -2;

/** Columns for the place in the season: one for each place, or sines and cosines. */
export const placeSize = (season: number): number =>
  season < 2 ? 0 : season <= oneHotLimit ? season : 2 * seasonWaves;

/** Columns for the place in week, season and year. */
export const placeWidth = ({ season, weekday, yearly }: Pick<FeaturePlan, "season" | "weekday" | "yearly">): number =>
  (weekday ? 7 : placeSize(season)) + (yearly ? 2 * yearWaves : 0);

/** Fills in the sizes that follow from what a plan switches on. */
export function planFeatures(choice: Omit<FeaturePlan, "windowSize" | "stepSize">): FeaturePlan {
  const { longSeason, earlierYears } = choice;
  const place = placeWidth(choice);
  const long = longSeason === null ? 0 : 1;
  return {
    ...choice,
    windowSize: 2 + long + place,
    stepSize: 3 + 3 * long + place + (earlierYears ? 1 + alignments.length : 0),
  };
}

/** Steps before an origin without which no features can be made. */
export function historyNeeded(plan: Pick<FeaturePlan, "window" | "season" | "longSeason">): number {
  return plan.window + Math.max(plan.season, plan.longSeason ?? 0);
}

/** Steps whose mean is a window's level: whole seasons, where the window holds one. */
export function levelLength({ window, season }: Pick<FeaturePlan, "window" | "season">): number {
  return window >= season ? window - (window % season) : window;
}

/** Steps between those whose difference is the slope: the first and the last season of the window, two if it holds only one. */
export function slopeLength({ window, season }: Pick<FeaturePlan, "window" | "season">): number {
  return season * Math.max(1, Math.floor(window / season) - 1);
}

/** Steps from the latest value a multiple of `period` before step `k` of the forecast that is known, to that step. */
export function lagLength(k: number, period: number): number {
  return period * Math.max(1, Math.ceil((k + 1) / period));
}

/** Features of every window and step of a series. Forecasts from an origin read values before it only. */
export class SeriesFeatures {
  readonly plan: FeaturePlan;
  readonly #values: Float64Array;
  readonly #scale: number;
  readonly #place: Float32Array;
  readonly #placeWidth: number;
  readonly #placeKnown: Uint8Array;
  readonly #times: readonly number[] | null;
  readonly #indexOfDay: ReadonlyMap<number, number> = new Map<number, number>();
  /** For each step, alignment and year the index of the day that corresponds to it, or -1. */
  readonly #aligned: Int32Array = new Int32Array(0);

  /**
   * @param times a time for each value and for `plan.horizon` steps more; null where there are no dates
   * @param scale what values are divided by
   */
  constructor(plan: FeaturePlan, values: Float64Array, times: readonly number[] | null, scale: number) {
    this.plan = plan;
    this.#values = values;
    this.#scale = scale;
    const steps = values.length + plan.horizon;
    this.#placeWidth = placeWidth(plan);
    this.#times = times;
    this.#place = new Float32Array(steps * this.#placeWidth);
    this.#placeKnown = new Uint8Array(steps);
    if (!plan.earlierYears || times === null) return;
    this.#indexOfDay = indexByDay(times);
    this.#aligned = new Int32Array(steps * alignments.length * yearsBack).fill(notYetKnown);
  }

  #fillPlace(i: number): void {
    const { season, weekday, yearly } = this.plan;
    const times = this.#times;
    let at = i * this.#placeWidth;
    const calendar = times === null ? null : placeInCalendar(times[i]);
    if (weekday && calendar !== null) {
      this.#place[at + calendar.weekday] = 1;
      at += 7;
    } else if (placeSize(season) === season) {
      this.#place[at + (i % season)] = 1;
      at += season;
    } else if (season > 1) {
      at = this.#fillWaves(at, i / season, seasonWaves);
    }
    if (yearly && calendar !== null) this.#fillWaves(at, calendar.year, yearWaves);
  }

  #fillWaves(start: number, phase: number, waves: number): number {
    let at = start;
    for (let k = 1; k <= waves; k++) {
      this.#place[at++] = Math.sin(2 * Math.PI * k * phase);
      this.#place[at++] = Math.cos(2 * Math.PI * k * phase);
    }
    return at;
  }

  #alignedIndex(step: number, alignment: number, year: number): number {
    const at = (step * alignments.length + alignment) * yearsBack + year;
    if (this.#aligned[at] === notYetKnown && this.#times !== null) {
      this.#aligned[at] = this.#indexOfDay.get(alignments[alignment](this.#times[step], year + 1)) ?? -1;
    }
    return this.#aligned[at];
  }

  /** Mean over the `plan.window` values before `end`. */
  #level(end: number): number {
    const length = levelLength(this.plan);
    let sum = 0;
    for (let i = end - length; i < end; i++) sum += this.#values[i];
    return sum / length;
  }

  #levelAt(end: number): number {
    return this.#level(Math.max(end, levelLength(this.plan)));
  }

  /** How far a value is from those one and two seasons before and after it; 0 where one of them is not before the origin. */
  #unusual(i: number, origin: number): number {
    const { season } = this.plan;
    if (i < 2 * season || i + 2 * season >= origin) return 0;
    const v = this.#values;
    return v[i] - (v[i - 2 * season] + v[i - season] + v[i + season] + v[i + 2 * season]) / 4;
  }

  /** Index of the latest value a multiple of `period` before `step` that is before the origin. */
  #lagged(step: number, period: number, origin: number): number {
    return step - lagLength(step - origin, period);
  }

  /** The first guess for each step, in the units of the series; the network learns what to add to it. */
  firstGuess(origin: number, kind: FirstGuess = this.plan.firstGuess): Float64Array {
    const { horizon, season, longSeason } = this.plan;
    const v = this.#values;
    const period = kind === "long" || kind === "longShifted" ? (longSeason ?? season) : season;
    const level = this.#level(origin);
    const slope = kind === "drift" ? this.#slope(origin) : 0;
    return Float64Array.from({ length: horizon }, (_, k) => {
      const step = origin + k;
      if (kind === "mean") return this.#seasonalMean(step, season, origin);
      const lag = this.#lagged(step, period, origin);
      if (kind === "longShifted") return v[lag] + level - this.#levelAt(origin - (step - lag));
      return v[lag] + slope * (step - lag);
    });
  }

  /** Change a step between the first and the last season of the window. */
  #slope(origin: number): number {
    const { season } = this.plan;
    const apart = slopeLength(this.plan);
    let sum = 0;
    for (let i = origin - season; i < origin; i++) sum += this.#values[i] - this.#values[i - apart];
    return sum / season / apart;
  }

  #seasonalMean(step: number, season: number, origin: number): number {
    const first = this.#lagged(step, season, origin);
    let sum = 0;
    let count = 0;
    for (let i = first; i >= 0 && count < meanSeasons; i -= season, count++) sum += this.#values[i];
    return sum / count;
  }

  /** Writes the window before `origin`, `[window, windowSize]`. */
  fillWindow(origin: number, out: Float32Array, offset: number): void {
    const { window, season, longSeason } = this.plan;
    const v = this.#values;
    const level = this.#level(origin);
    let at = offset;
    for (let i = origin - window; i < origin; i++) {
      out[at++] = (v[i] - level) / this.#scale;
      out[at++] = (v[i] - v[i - season]) / this.#scale;
      if (longSeason !== null) out[at++] = (v[i] - v[i - longSeason]) / this.#scale;
      at = this.#copyPlace(i, out, at);
    }
  }

  /** Writes what is known of the steps after `origin`, `[horizon, stepSize]`. */
  fillSteps(origin: number, out: Float32Array, offset: number): void {
    const { horizon, season, longSeason, earlierYears } = this.plan;
    const v = this.#values;
    const level = this.#level(origin);
    let at = offset;
    for (let k = 0; k < horizon; k++) {
      const step = origin + k;
      out[at++] = k / horizon;
      out[at++] = (v[this.#lagged(step, season, origin)] - level) / this.#scale;
      out[at++] = (this.#seasonalMean(step, season, origin) - level) / this.#scale;
      if (longSeason !== null) {
        const lag = this.#lagged(step, longSeason, origin);
        const earlier = lag >= longSeason ? lag - longSeason : lag;
        const shifted = this.#levelAt(origin - (step - lag));
        out[at++] = (v[lag] - shifted) / this.#scale;
        out[at++] = (v[earlier] - v[lag]) / this.#scale;
        out[at++] = (level - shifted) / this.#scale;
      }
      at = this.#copyPlace(step, out, at);
      if (earlierYears) at = this.#fillEarlierYears(step, origin, out, at);
    }
  }

  #copyPlace(i: number, out: Float32Array, start: number): number {
    if (this.#placeKnown[i] === 0) {
      this.#fillPlace(i);
      this.#placeKnown[i] = 1;
    }
    const from = i * this.#placeWidth;
    for (let j = 0; j < this.#placeWidth; j++) out[start + j] = this.#place[from + j];
    return start + this.#placeWidth;
  }

  #fillEarlierYears(step: number, origin: number, out: Float32Array, start: number): number {
    let at = start;
    const { longSeason } = this.plan;
    out[at++] = longSeason === null ? 0 : this.#unusual(step - longSeason, origin) / this.#scale;
    for (let a = 0; a < alignments.length; a++) {
      let sum = 0;
      let count = 0;
      for (let year = 0; year < yearsBack; year++) {
        const i = this.#alignedIndex(step, a, year);
        if (i < 2 * this.plan.season || i + 2 * this.plan.season >= origin) continue;
        sum += this.#unusual(i, origin);
        count++;
      }
      out[at++] = count === 0 ? 0 : sum / count / this.#scale;
    }
    return at;
  }

  /** What the network should add to the first guess, in units of the scale, `[horizon]`. */
  fillTargets(origin: number, out: Float32Array, offset: number): void {
    const guess = this.firstGuess(origin);
    for (let k = 0; k < guess.length; k++) out[offset + k] = (this.#values[origin + k] - guess[k]) / this.#scale;
  }
}
