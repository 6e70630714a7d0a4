import type { ScoreRow } from "@unrolled/train";
import { formatNumber, formatSignificant, formatterFor } from "../numbers.js";
import { differenceTo } from "./verdict.js";

export interface TextRows {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The backtest's scores as text cells, the model first. */
export function scoreTable(scores: readonly ScoreRow[]): TextRows {
  const [model] = scores;
  const written = (key: "mae" | "rmse"): ((value: number) => string) =>
    formatterFor(
      scores.map((row) => row[key]),
      4,
    );
  const [mae, rmse] = [written("mae"), written("rmse")];
  return {
    header: [
      "",
      "MAE",
      "RMSE",
      "MASE",
      "sMAPE",
      `${model.name.startsWith("first guess") ? "guess" : model.name}'s MAE is`,
    ],
    rows: scores.map((row) => [
      row.name,
      mae(row.mae),
      rmse(row.rmse),
      row.mase < 1000 ? formatNumber(row.mase, 3) : formatSignificant(row.mase, 4),
      `${formatNumber(row.smape, 2)} %`,
      row.kind === "model" ? "" : differenceTo(row, model),
    ]),
  };
}
