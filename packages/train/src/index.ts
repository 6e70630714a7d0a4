export { type BacktestOptions, type BacktestOrigin, backtest, rollingOrigins } from "./backtest.js";
export { type ForecastRule, seasonalMean, seasonalNaive } from "./baselines.js";
export {
  type Batches,
  type BatchReport,
  type EpochReport,
  type FitOptions,
  type FitResult,
  fit,
  type Stepper,
} from "./fit.js";
export type { Scheduler, SchedulerOptions } from "./fit-scheduler.js";
export type { ForecastConfig } from "./forecast/config.js";
export type { FeaturePlan, FirstGuess } from "./forecast/features.js";
export { forecast } from "./forecast/forecast.js";
export { Forecaster, type ForecasterSizes } from "./forecast/forecaster.js";
export type { IntervalSource } from "./forecast/intervals.js";
export { type LoadedForecaster, loadForecaster } from "./forecast/load-forecaster.js";
export { forecastDefaults } from "./forecast/options.js";
export { RawForecaster, type RawInputSpec } from "./forecast/raw/raw-forecaster.js";
export type { RawInputArrays } from "./forecast/raw/raw-inputs.js";
export type {
  ForecastHooks,
  ForecastOptions,
  ForecastRun,
  ForecastStart,
  ResolvedOptions,
  ScoreRow,
  SeriesInput,
} from "./forecast/types.js";
export { mae, mase, rmse, seasonalNaiveError, smape } from "./metrics.js";
