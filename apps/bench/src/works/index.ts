import { elman } from "./elman.js";
import { inference } from "./inference.js";
import { addition, product } from "./small.js";
import { subsequences } from "./subsequences.js";
import { middleTraining, sineTraining } from "./training.js";
import type { Work } from "./work.js";

/** Made when asked for: their data is large. */
const makers: Readonly<Record<string, () => Work>> = {
  W1: elman,
  W2: subsequences,
  W3: sineTraining,
  W4: () => middleTraining("LSTM"),
  "W4-GRU": () => middleTraining("GRU"),
  "W5-b1": () => inference(1),
  "W5-b16": () => inference(16),
  W6: product,
  W7: () => addition(false),
  "W7-grad": () => addition(true),
};

export const workNames: readonly string[] = Object.keys(makers);

export function makeWork(name: string): Work {
  const make = makers[name];
  if (make === undefined) throw new Error(`there is no work ${name}: ${workNames.join(", ")}`);
  return make();
}
