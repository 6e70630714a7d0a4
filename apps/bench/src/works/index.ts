import { elman } from "./elman.js";
import { inference } from "./inference.js";
import { addition, product } from "./small.js";
import { subsequences } from "./subsequences.js";
import { memoryOf, middleTraining, type Sizes, sineTraining } from "./training.js";
import type { Work } from "./work.js";

/** Made when asked for: their data is large. */
const makers: ReadonlyMap<string, () => Work> = new Map<string, () => Work>([
  ["W1", elman],
  ["W2", subsequences],
  ["W3", sineTraining],
  ["W4", () => middleTraining("LSTM")],
  ["W4-GRU", () => middleTraining("GRU")],
  ["W4-memory", () => memoryOf(middleTraining("LSTM"))],
  ["W5-b1", () => inference(1)],
  ["W5-b16", () => inference(16)],
  ["W6", product],
  ["W7", () => addition(false)],
  ["W7-grad", () => addition(true)],
]);

export const workNames: readonly string[] = [...makers.keys()];

const sized = /^(LSTM|GRU)-T(-?\d+)-B(-?\d+)-H(-?\d+)(-memory)?$/;
const most = 2 ** 26; // numbers in the outputs of a layer, or in its weights

/** Why there can be no such sizes, or null. */
function problemOf({ time, batch, hiddenSize }: Sizes): string | null {
  if (Math.min(time, batch, hiddenSize) < 1) return "T, B and H are whole numbers of 1 or more";
  if (time * batch * (64 + hiddenSize) > most) return `it is too large: T x B x (64 + H) may be ${most} at most`;
  if (4 * hiddenSize * (64 + hiddenSize) > most) return `it is too large: 4 x H x (64 + H) may be ${most} at most`;
  return null;
}

/**
 * By name; `LSTM-T64-B32-H256` is the step of W4 in any other size, and `-memory` behind it what it needs. Null where there is
 * no such work.
 *
 * @throws RangeError where the sizes in the name cannot be
 */
export function makeWork(name: string): Work | null {
  const make = makers.get(name);
  if (make !== undefined) return make();
  const match = sized.exec(name);
  if (match === null) return null;
  const [time, batch, hiddenSize] = match.slice(2, 5).map(Number);
  const sizes = { time, batch, hiddenSize };
  const problem = problemOf(sizes);
  if (problem !== null) throw new RangeError(problem);
  const work = { ...middleTraining(match[1] as "LSTM" | "GRU", sizes), name };
  return match[5] ? { ...memoryOf(work), name } : work;
}
