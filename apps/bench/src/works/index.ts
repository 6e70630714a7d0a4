import { elman } from "./elman.js";
import { inference } from "./inference.js";
import { addition, product } from "./small.js";
import { subsequences } from "./subsequences.js";
import { memoryOf, middleTraining, sineTraining } from "./training.js";
import type { Work } from "./work.js";

/** Made when asked for: their data is large. */
const makers: Readonly<Record<string, () => Work>> = {
  W1: elman,
  W2: subsequences,
  W3: sineTraining,
  W4: () => middleTraining("LSTM"),
  "W4-GRU": () => middleTraining("GRU"),
  "W4-memory": () => memoryOf(middleTraining("LSTM")),
  "W5-b1": () => inference(1),
  "W5-b16": () => inference(16),
  W6: product,
  W7: () => addition(false),
  "W7-grad": () => addition(true),
};

export const workNames: readonly string[] = Object.keys(makers);

const sized = /^(LSTM|GRU)-T(\d+)-B(\d+)-H(\d+)(-memory)?$/;

/** By name; `LSTM-T64-B32-H256` is the step of W4 in any other size, and `-memory` behind it what it needs. */
export function makeWork(name: string): Work | null {
  const make = makers[name];
  if (make !== undefined) return make();
  const match = sized.exec(name);
  if (match === null) return null;
  const [time, batch, hiddenSize] = match.slice(2, 5).map(Number);
  const work = { ...middleTraining(match[1] as "LSTM" | "GRU", { time, batch, hiddenSize }), name };
  return match[5] ? { ...memoryOf(work), name } : work;
}
