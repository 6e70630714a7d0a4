import { ArgumentError, type DType } from "@unrolled/backend";
import { type NamedShape, type Tensor, where } from "@unrolled/core";
import { StandardScaler } from "@unrolled/datasets";
import { Module } from "@unrolled/nn";
import type { ForecastConfig } from "../config.js";
import { type FeaturePlan, historyNeeded } from "../features.js";
import type { Forecaster } from "../forecaster.js";
import type { SeriesInput } from "../types.js";
import { historyLength } from "./history-length.js";
import { rawFeatures } from "./raw-features.js";
import { type RawInputArrays, rawInputs, readsDates } from "./raw-inputs.js";

/** Shape and dtype of an input, `batch` left open. */
export interface RawInputSpec {
  readonly shape: NamedShape;
  readonly dtype: DType;
}

/**
 * A trained forecaster that takes raw values and gives raw forecasts: scaling, features and first guess are tensor ops, so that
 * an export of it needs nothing else. Needs a backend with float64.
 *
 * `forward` takes `history` `[batch, N]` float64, the last N values, oldest first; `start` `[batch]` int32, how many values of the
 * series come before them; and, where the model was trained with dates, `days` `[batch, N + horizon]` float64, days since 1970
 * of the history and of the steps to forecast (2000-01-01 is 10957; noon adds 0.5). It returns `[batch, horizon]` float64.
 *
 * A series of fewer than N values fills the front with any number and has a negative `start`; a forecast from fewer than `needed`
 * values is NaN.
 *
 * @example
 * const raw = new RawForecaster(await forecast({ name: "births", values: series }));
 * const inputs = raw.inputsOf({ name: "births", values: history }); // arrays; also what an exported file takes
 */
export class RawForecaster extends Module {
  readonly network: Forecaster;
  readonly plan: FeaturePlan;
  /** What differences are divided by. */
  readonly scale: number;

  /** @param trained a `ForecastRun`, or what `loadForecaster` gives; its model goes into evaluation mode */
  constructor(trained: { readonly model: Forecaster; readonly config: ForecastConfig }) {
    super();
    this.network = trained.model;
    this.plan = trained.config.features;
    this.scale = StandardScaler.fromJSON(trained.config.scaler).scale[0];
    this.eval();
  }

  /** N, the values to which the features reach back. */
  get historyLength(): number {
    return historyLength(this.plan);
  }

  /** Values without which there is no forecast. */
  get needed(): number {
    return historyNeeded(this.plan);
  }

  get horizon(): number {
    return this.plan.horizon;
  }

  /** What `forward` takes, in its order, for `trace` and exports. */
  get inputSpecs(): Readonly<Record<string, RawInputSpec>> {
    const size = this.historyLength;
    return {
      history: { shape: ["batch", size], dtype: "float64" },
      start: { shape: ["batch"], dtype: "int32" },
      ...(readsDates(this.plan) && { days: { shape: ["batch", size + this.horizon], dtype: "float64" } }),
    };
  }

  /**
   * What `forward` and an exported file take for a series, as arrays.
   *
   * @param origins forecast the steps after so many values, one origin a row; default the whole series
   * @throws ArgumentError for an origin with fewer than `needed` values, or for a series without dates that are needed
   */
  inputsOf(series: SeriesInput, origins: readonly number[] = [series.values.length]): RawInputArrays {
    return rawInputs(this.plan, series, origins);
  }

  /**
   * `history [B, N]`, `start [B]`, `days [B, N + horizon]` -> `[B, horizon]`.
   *
   * @throws ArgumentError if days are missing, or given and not used
   */
  override forward(history: Tensor, start: Tensor, days?: Tensor): Tensor {
    if (readsDates(this.plan) !== (days !== undefined)) {
      const problem =
        days === undefined ? "no days, and the model was trained with dates" : "days, and the model reads none";
      throw new ArgumentError("RawForecaster", problem, days === undefined ? "give days" : "leave them out");
    }
    const inputs = { history, start, ...(days !== undefined && { days }) };
    const { window, steps, firstGuess } = rawFeatures(this.plan, this.scale, inputs);
    const added = this.network.forward(window, steps).cast("float64").mul(this.scale);
    const tooFew = start.less(this.needed - this.historyLength).unsqueeze(1);
    return where(tooFew, Number.NaN, firstGuess.add(added));
  }
}
