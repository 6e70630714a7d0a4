import type { ScoreRow } from "@unrolled/train";
import { decimalsFor, formatNumber } from "../numbers.js";
import { differenceTo } from "./verdict.js";

export interface TextRows {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The backtest's scores as text cells, the model first. */
export function scoreTable(scores: readonly ScoreRow[]): TextRows {
  const [model] = scores;
  const decimals = (key: "mae" | "rmse"): number =>
    decimalsFor(scores.map((row) => row[key]).filter(Number.isFinite), 4);
  const [mae, rmse] = [decimals("mae"), decimals("rmse")];
  return {
    header: ["", "MAE", "RMSE", "MASE", "sMAPE", `${model.name}'s MAE is`],
    rows: scores.map((row) => [
      row.name,
      formatNumber(row.mae, mae),
      formatNumber(row.rmse, rmse),
      formatNumber(row.mase, 3),
      `${formatNumber(row.smape, 2)} %`,
      row.kind === "model" ? "" : differenceTo(row, model),
    ]),
  };
}
