import type { StandardScalerJSON } from "@unrolled/datasets";
import type { FeaturePlan } from "./features.js";
import type { ForecasterSizes } from "./forecaster.js";
import type { ResolvedOptions } from "./types.js";

/** Plain data from which a trained forecaster is rebuilt, together with its weights. */
export interface ForecastConfig {
  readonly format: "unrolled-forecaster";
  readonly version: 1;
  readonly series: string;
  readonly sizes: ForecasterSizes;
  readonly features: FeaturePlan;
  /** Fitted on the part before the held-back end. */
  readonly scaler: StandardScalerJSON;
  readonly options: Omit<ResolvedOptions, "backend">;
}
