import { concat, stack, type Tensor, tensor, where } from "@unrolled/core";
import {
  type FeaturePlan,
  lagLength,
  levelLength,
  meanSeasons,
  placeSize,
  placeWidth,
  seasonWaves,
  slopeLength,
  yearWaves,
} from "../features.js";
import { constants, remainder, weekdayOf, wholeDays, yearSoFar } from "./days.js";
import { EarlierYears } from "./earlier-years.js";
import { historyLength } from "./history-length.js";

/** What a series is to the features: values, where they stand in the series, and their days where the plan reads dates. */
export interface RawInputs {
  /** `[batch, N]` float64, the last N values, oldest first. Those before the series' first may be any numbers. */
  readonly history: Tensor;
  /** `[batch]` int32, how many values of the series come before `history`; negative for a series shorter than N. */
  readonly start: Tensor;
  /** `[batch, N + horizon]` float64, the days since 1970 of `history` and of the steps to forecast. */
  readonly days?: Tensor;
}

/** What the network reads, and what it adds to. */
export interface RawFeatures {
  /** `[batch, window, windowSize]` float32 */
  readonly window: Tensor;
  /** `[batch, horizon, stepSize]` float32 */
  readonly steps: Tensor;
  /** `[batch, horizon]` float64, in the units of the series. */
  readonly firstGuess: Tensor;
}

/** Table of the sines and cosines for each place in a season, `[season, 2 * waves]`. */
function waveRows(season: number, waves: number): number[][] {
  return Array.from({ length: season }, (_, i) =>
    Array.from({ length: waves }, (_, k) => {
      const phase = (2 * Math.PI * (k + 1) * i) / season;
      return [Math.sin(phase), Math.cos(phase)];
    }).flat(),
  );
}

const oneHotRows = (size: number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));

/**
 * `SeriesFeatures` in tensor ops, for the steps after the history's end. Differences are float64, so that a large offset of the
 * series costs nothing; what the network reads is float32.
 */
class FeatureOps {
  readonly #plan: FeaturePlan;
  readonly #scale: number;
  readonly #history: Tensor;
  readonly #start: Tensor;
  readonly #days: Tensor | undefined;
  /** N, the steps of the history. */
  readonly #size: number;
  /** `[batch, 1]` */
  readonly #level: Tensor;
  readonly #ahead: readonly number[];

  constructor(plan: FeaturePlan, scale: number, { history, start, days }: RawInputs) {
    this.#plan = plan;
    this.#scale = scale;
    this.#history = history;
    this.#size = historyLength(plan);
    this.#start = start.unsqueeze(1).maximum(-this.#size);
    this.#days = days;
    const length = levelLength(plan);
    this.#level = history.narrow(1, this.#size - length, length).mean(1, { keepDims: true });
    this.#ahead = Array.from({ length: plan.horizon }, (_, k) => k);
  }

  #indices(at: readonly number[] | readonly (readonly number[])[]): Tensor {
    return tensor(at, { dtype: "int32", backend: this.#history.backend });
  }

  /** Values at constant places of the history, `[batch, ...]`. */
  #values(at: readonly number[] | readonly (readonly number[])[]): Tensor {
    return this.#history.indexSelect(this.#indices(at), 1);
  }

  /** Whether constant places of the history are in the series, `[batch, ...]`. */
  #known(at: readonly number[] | readonly (readonly number[])[]): Tensor {
    const places = this.#indices(at);
    return this.#start
      .reshape([-1, ...places.shape.map(() => 1)])
      .add(places)
      .greaterEqual(0);
  }

  /** For each step the latest place a multiple of `period` before it. */
  #lagged(period: number): number[] {
    return this.#ahead.map((k) => this.#size + k - lagLength(k, period));
  }

  get window(): Tensor {
    const { window, season, longSeason } = this.#plan;
    const recent = (back: number): Tensor => this.#history.narrow(1, this.#size - window - back, window);
    const values = recent(0);
    const columns = [values.sub(this.#level), values.sub(recent(season))];
    if (longSeason !== null) columns.push(values.sub(recent(longSeason)));
    return this.#joined(columns, this.#place(-window, window));
  }

  get steps(): Tensor {
    const { horizon, season, longSeason, earlierYears } = this.#plan;
    const columns = [this.#values(this.#lagged(season)).sub(this.#level), this.#seasonalMean().sub(this.#level)];
    if (longSeason !== null) {
      const lags = this.#lagged(longSeason);
      const lagged = this.#values(lags);
      const before = lags.map((lag) => lag - longSeason);
      const earlier = where(this.#known(before), this.#values(before), lagged);
      const shifted = this.#earlierLevels(longSeason);
      columns.push(lagged.sub(shifted), earlier.sub(lagged), this.#level.sub(shifted));
    }
    const progress = constants(
      this.#history,
      this.#ahead.map((k) => k / horizon),
    );
    const parts = [
      progress.cast("float32").reshape([1, horizon, 1]).broadcastTo([this.#history.shape[0], horizon, 1]),
      this.#joined(columns, this.#place(0, horizon)),
    ];
    if (earlierYears) parts.push(this.#unusual().div(this.#scale).cast("float32"));
    return concat(parts, 2);
  }

  get firstGuess(): Tensor {
    const { season, longSeason, firstGuess } = this.#plan;
    if (firstGuess === "mean") return this.#seasonalMean();
    const period = firstGuess === "long" || firstGuess === "longShifted" ? (longSeason ?? season) : season;
    const lagged = this.#values(this.#lagged(period));
    if (firstGuess === "longShifted") return lagged.add(this.#level).sub(this.#earlierLevels(period));
    if (firstGuess !== "drift") return lagged;
    const distances = this.#ahead.map((k) => lagLength(k, period));
    return lagged.add(this.#slope().mul(constants(this.#history, distances)));
  }

  /** Columns in units of the scale beside those that need none. */
  #joined(columns: readonly Tensor[], place: Tensor | null): Tensor {
    const scaled = stack(columns, 2).div(this.#scale).cast("float32");
    return place === null ? scaled : concat([scaled, place], 2);
  }

  /** `[batch, 1]` */
  #slope(): Tensor {
    const { season } = this.#plan;
    const apart = slopeLength(this.#plan);
    const last = this.#history.narrow(1, this.#size - season, season);
    const first = this.#history.narrow(1, this.#size - season - apart, season);
    return last.sub(first).mean(1, { keepDims: true }).div(apart);
  }

  /** Mean of the last seasons that the series has, for each step. */
  #seasonalMean(): Tensor {
    const { season } = this.#plan;
    const at = this.#lagged(season).map((lag) => Array.from({ length: meanSeasons }, (_, j) => lag - j * season));
    const known = this.#known(at);
    return where(known, this.#values(at), 0).sum(2).div(known.cast("float64").sum(2));
  }

  /** The level at the origin that lies as far back as each step's lag, or at the first that has one. */
  #earlierLevels(period: number): Tensor {
    const length = levelLength(this.#plan);
    const back = this.#ahead.map((k) => lagLength(k, period));
    const ends = [...new Set(back)].map((steps) => this.#size - steps);
    const first = this.#start.mul(-1).maximum(0).add(length);
    const end = this.#indices(ends).maximum(first).unsqueeze(2);
    const places = this.#indices(Array.from({ length: this.#size }, (_, i) => i));
    const after = places.greaterEqual(end.sub(length));
    const levels = where(after.logicalAnd(places.less(end)), this.#history.unsqueeze(1), 0)
      .sum(2)
      .div(length);
    return levels.indexSelect(this.#indices(back.map((steps) => ends.indexOf(this.#size - steps))), 1);
  }

  /** Place in week, season and year of `count` steps, the first `from` the history's end; null where the plan has none. */
  #place(from: number, count: number): Tensor | null {
    const { yearly } = this.#plan;
    if (placeWidth(this.#plan) === 0) return null;
    const parts: Tensor[] = [];
    const cyclic = this.#placeInCycle(from, count);
    if (cyclic !== null) parts.push(cyclic);
    if (yearly) parts.push(this.#waves(yearSoFar(this.#daysFrom(from, count))));
    return concat(parts, 2);
  }

  #placeInCycle(from: number, count: number): Tensor | null {
    const { weekday, season } = this.#plan;
    if (weekday) return this.#rows(oneHotRows(7), weekdayOf(wholeDays(this.#daysFrom(from, count))));
    const width = placeSize(season);
    if (width === 0) return null;
    const wholeSeasons = season * Math.ceil(this.#size / season); // so that no place is below 0
    const first = this.#size + from + wholeSeasons;
    const steps = Array.from({ length: count }, (_, i) => first + i);
    const rows = width === season ? oneHotRows(season) : waveRows(season, seasonWaves);
    return this.#rows(rows, remainder(this.#start.cast("float64").add(constants(this.#history, steps)), season));
  }

  #rows(table: readonly (readonly number[])[], places: Tensor): Tensor {
    const rows = tensor(table, { dtype: "float32", backend: this.#history.backend });
    return rows.indexSelect(places.cast("int32"));
  }

  #waves(phase: Tensor): Tensor {
    const each = Array.from({ length: yearWaves }, (_, k) => 2 * Math.PI * (k + 1));
    const turns = constants(
      phase,
      each.flatMap((turn) => [turn, turn]),
    );
    const quarters = constants(
      phase,
      each.flatMap(() => [0, Math.PI / 2]),
    );
    return phase.unsqueeze(2).mul(turns).add(quarters).sin().cast("float32");
  }

  #daysFrom(from: number, count: number): Tensor {
    return this.#dates.narrow(1, this.#size + from, count);
  }

  get #dates(): Tensor {
    if (this.#days === undefined) throw new TypeError("the plan reads dates, and there are none");
    return this.#days;
  }

  #unusual(): Tensor {
    const { season, longSeason, horizon } = this.#plan;
    const size = this.#size;
    const firstKnown = this.#start.mul(-1);
    const years = new EarlierYears(this.#history, this.#dates.narrow(1, 0, size), firstKnown, season);
    const sameInLongSeason = longSeason === null ? null : this.#ahead.map((k) => size + k - longSeason);
    return years.columns(this.#daysFrom(0, horizon), sameInLongSeason);
  }
}

/** All that the network reads, and the first guess, from raw values. */
export function rawFeatures(plan: FeaturePlan, scale: number, inputs: RawInputs): RawFeatures {
  const { window, steps, firstGuess } = new FeatureOps(plan, scale, inputs);
  return { window, steps, firstGuess };
}
