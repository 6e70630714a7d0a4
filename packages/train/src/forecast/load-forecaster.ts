import { ArgumentError, type Backend, FormatError, requireKnownOptions } from "@unrolled/backend";
import { getDefaultBackend } from "@unrolled/core";
import { futureTimes, StandardScaler, spacingOf } from "@unrolled/datasets";
import { loadStateDict } from "@unrolled/weights";
import { type ForecastConfig, readConfig } from "./config.js";
import { formatDates, parseDates } from "./dates.js";
import { historyNeeded } from "./features.js";
import { Forecaster } from "./forecaster.js";
import { Predictor } from "./predictor.js";
import { checkedValues } from "./prepare.js";
import type { SeriesInput } from "./types.js";

/** What `loadForecaster` returns. */
export interface LoadedForecaster {
  readonly model: Forecaster;
  readonly config: ForecastConfig;
  /** The next `horizon` values of a series of the same kind, and their dates if it has dates. */
  predict(series: SeriesInput): Promise<{ readonly dates?: string[]; readonly values: Float64Array }>;
}

/**
 * Rebuilds a trained forecaster from the `config` of a `ForecastRun` and its weights as a safetensors file.
 *
 * @param config what `JSON.parse` gives; it is checked
 * @throws FormatError if the config or the file is malformed
 * @throws ArgumentError if the weights do not fit the config
 * @example
 * const loaded = loadForecaster(JSON.parse(configText), bytes);
 * const { values } = await loaded.predict({ name: "births", values: history, dates });
 */
export function loadForecaster(
  config: unknown,
  weights: Uint8Array,
  options: { readonly backend?: Backend } = {},
): LoadedForecaster {
  requireKnownOptions("loadForecaster", options, ["backend"]);
  const { backend = getDefaultBackend() } = options;
  const checked = readConfig(config);
  const { sizes, features: plan } = checked;
  const [scale] = StandardScaler.fromJSON(checked.scaler).scale;
  const { hiddenSize, numLayers, windowSize, stepSize, horizon } = sizes;
  const atLeast = 4 * hiddenSize * (hiddenSize * numLayers + windowSize + stepSize + horizon);
  if (atLeast > weights.length) {
    throw new FormatError(
      "loadForecaster",
      `${weights.length} bytes of weights, but the config's sizes make at least ${atLeast}`,
      "give the file that belongs to the config",
    );
  }
  const model = new Forecaster(sizes, { backend }).eval();
  loadStateDict(model, weights);
  const predictor = new Predictor(model, plan, scale, backend);
  return {
    model,
    config: checked,
    async predict(series) {
      const values = checkedValues(series);
      const needed = historyNeeded(plan);
      if (values.length < needed) {
        throw new ArgumentError("predict", `${values.length} values of history`, `give at least ${needed}`);
      }
      if (series.dates === undefined) {
        if (plan.weekday || plan.yearly || plan.earlierYears)
          throw new ArgumentError(
            "predict",
            "the series has no dates, and the model was trained with them",
            "add dates",
          );
        return { values: await predictor.predict(values, null) };
      }
      const past = parseDates(series.dates, values.length);
      const spacing = spacingOf(past);
      if (spacing === null) throw new ArgumentError("predict", "1 date", "give at least two");
      const future = futureTimes(past, spacing, plan.horizon);
      return { dates: formatDates(future), values: await predictor.predict(values, [...past, ...future]) };
    },
  };
}
