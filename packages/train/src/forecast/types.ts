import type { Backend } from "@unrolled/backend";
import type { BacktestOrigin } from "../backtest.js";
import type { BatchReport, EpochReport } from "../fit.js";
import type { ForecastConfig } from "./config.js";
import type { Forecaster } from "./forecaster.js";
import type { IntervalSource } from "./intervals.js";

/** Numbers over time, oldest first. */
export interface SeriesInput {
  readonly name: string;
  readonly values: ArrayLike<number>;
  /** One date a value, year first (`2014-12-31`, also `2014/12/31`, `2014-12`, `2014` or with a time), in ascending order. Steps that they leave out are not filled in. */
  readonly dates?: readonly string[];
}

/** Options of `forecast`. */
export interface ForecastOptions {
  /** Steps to forecast. Default by the dates: 28 days, 12 months and so on (the README has the table); fewer for a short series. */
  horizon: number;
  /**
   * Steps after which the series repeats itself, roughly: that of the naive baseline and of MASE. Default by the dates: 7 for
   * daily, 12 for monthly and so on; 1 where they tell none, or the series is too short for one.
   */
  season: number;
  /**
   * A longer season, such as 364 for daily data; null for none. Left out: 364 for daily and 168 for hourly dates, if the part to
   * learn from is long enough, else null.
   */
  longSeason?: number | null;
  /** Steps held back at the end for the backtest. Default by the dates, 365 days, at most a quarter of the series. */
  holdout: number;
  /** Steps from one origin of the backtest to the next. Default by the dates, 7 days; fewer where there were not ten origins. */
  stride: number;
  /** Steps that the network reads before a forecast. Default by the dates, 28 days; fewer for a short series. */
  window: number;
  /** Default 32. */
  hiddenSize: number;
  /** Default 1. */
  numLayers: number;
  /** Default "lstm". */
  cell: "lstm" | "gru" | "rnn";
  /** Probability of dropping a hidden unit in training. Default 0.2. */
  dropout: number;
  /** At most so many passes over the training part. Default 10, up to 100 for few windows. */
  epochs: number;
  /** Stop after so many epochs without a better validation loss. Default 4, or a fifth of the epochs. */
  patience: number;
  /** Default 32. */
  batchSize: number;
  /** Adam's learning rate at the start; it falls to a tenth along a cosine. Default 0.003. */
  lr: number;
  /** Default 1. */
  clipGradNorm: number;
  /** Of initial weights, dropout and shuffling. Default 0. */
  seed: number;
  /** Where to compute. Default: the default backend. */
  backend?: Backend;
}

/** All options decided. */
export type ResolvedOptions = Omit<ForecastOptions, "longSeason"> & { longSeason: number | null };

/** Errors of one way to forecast. */
export interface ScoreRow {
  readonly name: string;
  readonly kind: "model" | "baseline";
  /** Mean absolute error, in the units of the series. */
  readonly mae: number;
  readonly rmse: number;
  /** Scaled by the seasonal-naive error of the part before the held-back end. */
  readonly mase: number;
  /** In percent, 0 to 200. */
  readonly smape: number;
  readonly note?: string;
}

/** What was decided before training. */
export interface ForecastStart {
  readonly options: ResolvedOptions;
  /** Why the season is what it is, as `the dates are monthly`. */
  readonly seasonReason: string;
  /** Those known by now. */
  readonly warnings: readonly string[];
}

/** What `forecast` tells while it works, and how it is stopped. */
export interface ForecastHooks {
  /** Called once, before the first batch. */
  onStart?(start: ForecastStart): void;
  onEpoch?(report: EpochReport): void;
  onBatch?(report: BatchReport): void;
  readonly signal?: AbortSignal;
}

export const forecastHooks: readonly (keyof ForecastHooks)[] = ["onStart", "onEpoch", "onBatch", "signal"];

/** What `forecast` returns. */
export interface ForecastRun {
  readonly series: SeriesInput;
  readonly options: ResolvedOptions;
  /** Why the season is what it is, as `the dates are monthly`. */
  readonly seasonReason: string;
  readonly warnings: string[];
  /** What the network adds to; if it was no better than that on the validation part it is not used, and adds nothing. */
  readonly network: { readonly used: boolean; readonly firstGuess: string };
  readonly training: {
    readonly epochs: EpochReport[];
    readonly stoppedEarly: boolean;
    readonly bestEpoch: number;
    readonly seconds: number;
    readonly parameterCount: number;
    readonly samples: number;
    readonly validationSamples: number;
  };
  readonly backtest: {
    /** How many forecasts were made. */
    readonly origins: number;
    readonly holdout: number;
    /** The model first. */
    readonly rows: ScoreRow[];
    readonly model: BacktestOrigin[];
  };
  readonly forecast: {
    readonly dates?: string[];
    readonly values: Float64Array;
    readonly lower: Float64Array;
    readonly upper: Float64Array;
    /** Share of the backtest's errors that the interval holds, 0.8. */
    readonly level: number;
    readonly intervalFrom: IntervalSource;
  };
  readonly model: Forecaster;
  /** Plain data from which `loadForecaster` rebuilds the model, with its weights. */
  readonly config: ForecastConfig;
}
