import { mulberry32, uniform } from "../random.js";
import type { RecurrentWeights } from "./work.js";

/** PyTorch's default bounds, 1 / sqrt(hidden), from one stream of numbers. */
export function recurrentWeights(seed: number, gates: number, input: number, hidden: number): RecurrentWeights {
  const random = mulberry32(seed);
  const bound = 1 / Math.sqrt(hidden);
  const rows = gates * hidden;
  return {
    weightIh: uniform(random, rows * input, bound),
    weightHh: uniform(random, rows * hidden, bound),
    biasIh: uniform(random, rows, bound),
    biasHh: uniform(random, rows, bound),
  };
}
