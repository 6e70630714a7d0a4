import type { ForecastRun } from "@unrolled/train";
import { decimalsFor, formatNumber, formatSignificant } from "../numbers.js";
import type { TextRows } from "./score-table.js";

/** The forecast as text cells, all steps or the first `count`. */
export function forecastTable({ forecast, series }: ForecastRun, count: number = forecast.values.length): TextRows {
  const { dates, values, lower, upper } = forecast;
  const typical = Math.max(...Array.from(series.values, Math.abs), ...values.map(Math.abs));
  const decimals = decimalsFor([typical], 5);
  const written = (value: number): string =>
    typical < 1e-2 ? formatSignificant(value, 5) : formatNumber(value, decimals);
  return {
    header: [dates === undefined ? "step" : "date", "forecast", "lower", "upper"],
    rows: Array.from(values.slice(0, count), (value, i) => [
      dates?.[i] ?? `${i + 1}`,
      ...[value, lower[i], upper[i]].map(written),
    ]),
  };
}

/** `step,date,forecast,lower,upper`, numbers in seven significant digits, as many as the model's float32 holds. */
export function forecastCsv({ forecast: { dates, values, lower, upper } }: ForecastRun): string {
  const number = (value: number): string => String(Number(value.toPrecision(7)));
  const rows = Array.from(values, (value, i) =>
    [i + 1, dates?.[i] ?? "", number(value), number(lower[i]), number(upper[i])].join(","),
  );
  return `step,date,forecast,lower,upper\n${rows.map((row) => `${row}\n`).join("")}`;
}
