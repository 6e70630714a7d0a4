import type { Backend } from "@unrolled/backend";
import type { BacktestOrigin } from "../backtest.js";
import type { BatchReport, EpochReport } from "../fit.js";
import type { ForecastConfig } from "./config.js";
import type { Forecaster } from "./forecaster.js";

/** Numbers over time, oldest first. */
export interface SeriesInput {
  readonly name: string;
  readonly values: ArrayLike<number>;
  /** One date a value, year first (`2014-12-31`, also `2014/12/31`, `2014-12`, `2014` or with a time), in ascending order. */
  readonly dates?: readonly string[];
}

export interface ForecastOptions {
  /** Steps to forecast. Default 28. */
  horizon: number;
  /** Steps after which the series repeats itself, roughly: that of the naive baseline and of MASE. Default 7. */
  season: number;
  /**
   * A longer season, such as 364 for daily data; null for none. Left out: 364 for daily and 52 for weekly dates, if the part to
   * learn from is long enough, else null.
   */
  longSeason?: number | null;
  /** Steps held back at the end for the backtest. Default 365, at most a quarter of the series. */
  holdout: number;
  /** Steps from one origin of the backtest to the next. Default 7. */
  stride: number;
  /** Steps that the network reads before a forecast. Default 28, fewer for short series. */
  window: number;
  /** Default 32. */
  hiddenSize: number;
  /** Default 1. */
  numLayers: number;
  /** Default "lstm". */
  cell: "lstm" | "gru" | "rnn";
  /** Probability of dropping a hidden unit in training. Default 0.2. */
  dropout: number;
  /** At most so many passes over the training part. Default 10. */
  epochs: number;
  /** Stop after so many epochs without a better validation loss. Default 4. */
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

export interface ForecastHooks {
  onEpoch?(report: EpochReport): void;
  onBatch?(report: BatchReport): void;
  readonly signal?: AbortSignal;
}

export interface ForecastRun {
  readonly series: SeriesInput;
  readonly options: ResolvedOptions;
  readonly warnings: string[];
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
  };
  readonly model: Forecaster;
  /** Plain data from which `loadForecaster` rebuilds the model, with its weights. */
  readonly config: ForecastConfig;
}
