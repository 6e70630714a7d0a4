import type { Settings } from "./settings.js";

export type NumericSetting = "hiddenSize" | "numLayers" | "windowLength" | "batchSize" | "lr" | "clipGradNorm" | "seed";

export interface Bounds {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** What a page can train in a browser and show without lag. */
export const bounds: Readonly<Record<NumericSetting, Bounds>> = {
  hiddenSize: { label: "Hidden units", min: 1, max: 256, whole: true },
  numLayers: { label: "Layers", min: 1, max: 4, whole: true },
  windowLength: { label: "Window (steps)", min: 2, max: 400, whole: true },
  batchSize: { label: "Batch size", min: 1, max: 512, whole: true },
  lr: { label: "Learning rate", min: 1e-6, max: 10, whole: false },
  clipGradNorm: { label: "Gradient clip", min: 0, max: 1000, whole: false },
  seed: { label: "Seed", min: 0, max: 2 ** 31 - 1, whole: true },
};

export const numericSettings = Object.keys(bounds) as readonly NumericSetting[];

/** What is wrong with a number, as a sentence for the page; null: nothing. */
export function problemOf(value: number, { min, max, whole }: Omit<Bounds, "label">): string | null {
  const kind = whole ? "a whole number" : "a number";
  if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))) return null;
  return `Give ${kind} from ${min} to ${max}.`;
}

/** As `problemOf` for a setting; settings without meaning in a task may hold what the task gives them. */
export const settingProblem = (key: NumericSetting, value: number, usual: Settings): string | null =>
  value === usual[key] ? null : problemOf(value, bounds[key]);
