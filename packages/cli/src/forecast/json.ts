import type { ForecastRun } from "@unrolled/train";
import type { ModelCheck } from "../onnx/check-model.js";
import type { WrittenFile } from "../output-folder.js";
import type { LoadedSeries } from "./load-series.js";

/** The results as one JSON document, for programs. Numbers that are not finite become null. */
export function resultJson(
  loaded: LoadedSeries,
  run: ForecastRun,
  warnings: readonly string[],
  files: readonly WrittenFile[],
  onnx: ModelCheck | null,
): string {
  const { backend: _, ...options } = run.options;
  const { training, backtest, forecast } = run;
  const result = {
    series: { name: loaded.series.name, rows: loaded.series.values.length, ...rangeOf(loaded.series.dates) },
    options,
    seasonReason: run.seasonReason,
    warnings,
    network: run.network,
    training,
    backtest: { origins: backtest.origins, holdout: backtest.holdout, scores: backtest.rows },
    forecast: {
      level: forecast.level,
      intervalFrom: forecast.intervalFrom,
      ...(forecast.dates !== undefined && { dates: forecast.dates }),
      values: Array.from(forecast.values),
      lower: Array.from(forecast.lower),
      upper: Array.from(forecast.upper),
    },
    ...(onnx !== null && { onnx }),
    files,
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

function rangeOf(dates: readonly string[] | undefined): { from?: string; to?: string } {
  return dates === undefined || dates.length === 0 ? {} : { from: dates[0], to: dates[dates.length - 1] };
}
