import { requireKnownOptions } from "@unrolled/backend";
import { defaultGenerator, type Generator } from "@unrolled/core";
import { requireGiven, requireInteger } from "../check.js";
import { SequenceDataset } from "./sequence-dataset.js";

/** What every generated set of labelled sequences takes. */
export interface SequenceTaskOptions {
  /** Steps in a sequence. */
  readonly length: number;
  /** Sequences. */
  readonly count: number;
  /** Default `defaultGenerator()`. */
  readonly generator?: Generator;
}

export const taskOptions: readonly (keyof SequenceTaskOptions)[] = ["length", "count", "generator"];

/**
 * The adding problem, a test of long memory: at each step a random value and a mark; two steps are marked, one in each half,
 * and the target is the sum of their values.
 *
 * Shapes: x `[length, 2]`, values uniform in [0, 1) and then marks, 0 or 1; y `[1]`. With an odd length the middle step belongs
 * to the second half. To answer 1 always, the mean, has a mean squared error of 1/6.
 *
 * After Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997, experiment 4, in the form that has
 * become usual since: there the values reach down to -1, lengths vary, and the marks lie elsewhere.
 *
 * @param options `length`: at least 2; `count`: at least 1
 * @throws ArgumentError if either is less, or no whole number
 * @example
 * const loader = new DataLoader(addingProblem({ length: 100, count: 3200 }), { batchSize: 32 });
 * for (const [x, y] of loader) console.log(x.shape, y.shape); // [32, 100, 2] [32, 1]
 */
export function addingProblem(options: SequenceTaskOptions): SequenceDataset {
  requireKnownOptions("addingProblem", options, taskOptions);
  const { length, count, generator = defaultGenerator() } = options;
  requireGiven("addingProblem", "length", length, "the steps of a sequence, such as { length: 50 }");
  requireInteger("addingProblem", "length", length, 2);
  requireGiven("addingProblem", "count", count, "the number of sequences, such as { count: 100 }");
  requireInteger("addingProblem", "count", count, 1);
  const half = Math.floor(length / 2);
  const x = new Float32Array(count * length * 2);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * length * 2;
    for (let t = 0; t < length; t++) x[start + 2 * t] = generator.uniform();
    for (const step of [generator.integer(0, half), generator.integer(half, length)]) {
      x[start + 2 * step + 1] = 1;
      y[i] += x[start + 2 * step];
    }
  }
  return new SequenceDataset("addingProblem", x, y, [length, 2]);
}
