import type { ScoreRow } from "@unrolled/train";
import { decimalsFor, formatNumber } from "../numbers.js";

/** `37 % lower`: the model's mean absolute error, seen from a baseline's. */
export function differenceTo(baseline: ScoreRow, model: ScoreRow): string {
  const share = shareOf(baseline, model);
  if (share === null) return model.mae === baseline.mae ? "the same" : "higher";
  if (Math.abs(share) < 0.0005) return "the same";
  return `${percent(share)} ${share < 0 ? "lower" : "higher"}`;
}

/** One plain sentence on which baselines the model beats, and which not. */
export function verdict(rows: readonly ScoreRow[]): string {
  const [model, ...baselines] = rows;
  const decimals = decimalsFor(rows.map(({ mae }) => mae).filter(Number.isFinite), 3);
  const number = (row: ScoreRow): string => formatNumber(row.mae, decimals);
  const beaten: string[] = [];
  const unbeaten: string[] = [];
  for (const baseline of baselines) {
    const share = shareOf(baseline, model);
    if (share !== null && share <= -0.0005) beaten.push(`${baseline.name} by ${percent(share)}`);
    else unbeaten.push(`${baseline.name} (${number(model)} against ${number(baseline)})`);
  }
  const parts: string[] = [];
  if (beaten.length > 0) parts.push(`the ${model.name} beats ${listed(beaten, "and")}`);
  if (unbeaten.length > 0) {
    parts.push(`${beaten.length > 0 ? "it" : `the ${model.name}`} does not beat ${listed(unbeaten, "or")}`);
  }
  const text = `${parts.join("; ")}.`;
  return `By mean absolute error, ${text}`;
}

function shareOf(baseline: ScoreRow, model: ScoreRow): number | null {
  const share = model.mae / baseline.mae - 1;
  return Number.isFinite(share) ? share : null;
}

function percent(share: number): string {
  const size = Math.abs(share) * 100;
  return `${size < 9.95 ? size.toFixed(1) : size.toFixed(0)} %`;
}

function listed(names: readonly string[], last: "and" | "or"): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${last} ${names[names.length - 1]}`;
}
