import type { Opened } from "../../session/api.js";
import type { Objective } from "../../tasks/task.js";

/** A token's name on screen. What stands at both ends of a text is its start when read and its end when expected. */
export function tokenName(opened: Opened | null, token: number, isRead = false): string {
  const text = opened?.text ?? null;
  if (text === null) return String(token);
  if (token === text.padding) return "(padding)";
  if (token === text.boundary) return isRead ? "(start)" : "(end)";
  const character = text.characters[token];
  return character === " " ? "(space)" : character;
}

/** What output number `output` stands for. */
export function outputName(opened: Opened | null, objective: Objective, output: number, outputSize: number): string {
  if (objective === "crossEntropy") return `“${tokenName(opened, output)}”`;
  return outputSize === 1 ? "prediction" : `output ${output + 1}`;
}

/** The share of each class, from its logits. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const top = Math.max(...Array.from(logits));
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

export function indexOfLargest(values: ArrayLike<number>, from = 0, count: number = values.length): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[from + k] > values[from + best]) best = k;
  return best;
}
