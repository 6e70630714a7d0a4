import type { ForecastRun, ScoreRow } from "@unrolled/train";
import { formatterFor } from "../numbers.js";

/** `37 % lower`: the model's mean absolute error, seen from a baseline's. */
export function differenceTo(baseline: ScoreRow, model: ScoreRow): string {
  const share = shareOf(baseline, model);
  if (share === null) return model.mae === baseline.mae ? "the same" : "higher";
  if (Math.abs(share) < 0.0005) return "the same";
  return `${percent(share)} ${share < 0 ? "lower" : "higher"}`;
}

/** Plain words on which baselines the forecast beats, and which not; and whose it is, where the network is not used. */
export function verdict(rows: readonly ScoreRow[], network?: ForecastRun["network"]): string {
  const [model, ...baselines] = rows;
  const written = formatterFor(
    rows.map(({ mae }) => mae),
    3,
  );
  const against = (row: ScoreRow): string => `${row.name} (${written(model.mae)} against ${written(row.mae)})`;
  const difference = new Map(baselines.map((baseline) => [baseline, differenceTo(baseline, model)]));
  const where = (holds: (words: string) => boolean): ScoreRow[] =>
    baselines.filter((baseline) => holds(difference.get(baseline) ?? ""));
  const beaten = where((words) => words.endsWith("lower")).map((row) => {
    return `${row.name} by ${difference.get(row)?.replace(" lower", "")}`;
  });
  const level = where((words) => words === "the same").map(({ name }) => name);
  const unbeaten = where((words) => words.endsWith("higher")).map(against);
  const parts = [
    ...(beaten.length > 0 ? [`beats ${listed(beaten, "and")}`] : []),
    ...(level.length > 0 ? [`is level with ${listed(level, "and")}`] : []),
    ...(unbeaten.length > 0 ? [`does not beat ${listed(unbeaten, "or")}`] : []),
  ];
  const guess = network?.used === false;
  const whose = guess ? `The network added nothing: the forecast is its first guess, ${network.firstGuess}. ` : "";
  return `${whose}By mean absolute error, the ${guess ? "first guess" : model.name} ${parts.join("; it ")}.`;
}

function shareOf(baseline: ScoreRow, model: ScoreRow): number | null {
  const share = model.mae / baseline.mae - 1;
  return Number.isFinite(share) ? share : null;
}

function percent(share: number): string {
  const size = Math.abs(share) * 100;
  if (size > 999) return ">999 %";
  return `${size < 9.95 ? size.toFixed(1) : size.toFixed(0)} %`;
}

function listed(names: readonly string[], last: "and" | "or"): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${last} ${names[names.length - 1]}`;
}
