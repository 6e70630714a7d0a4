import { requireKnownOptions } from "@unrolled/backend";
import { defaultGenerator } from "@unrolled/core";
import { requireGiven, requireInteger } from "../check.js";
import { type SequenceTaskOptions, taskOptions } from "./adding-problem.js";
import { SequenceDataset } from "./sequence-dataset.js";

/**
 * Random bits and whether the number of ones among them is odd: one bit of memory, which every step may flip.
 *
 * Shapes: x `[length, 1]`, each 0 or 1 alike; y `[1]`, 1 if odd, else 0.
 *
 * @param options `length` and `count`: at least 1
 * @throws ArgumentError if either is less, or no whole number
 * @example
 * const [x, y] = parity({ length: 8, count: 1000, generator: new Generator(0) }).get(0);
 */
export function parity(options: SequenceTaskOptions): SequenceDataset {
  requireKnownOptions("parity", options, taskOptions);
  const { length, count, generator = defaultGenerator() } = options;
  requireGiven("parity", "length", length, "the bits of a sequence, such as { length: 20 }");
  requireInteger("parity", "length", length, 1);
  requireGiven("parity", "count", count, "the number of sequences, such as { count: 100 }");
  requireInteger("parity", "count", count, 1);
  const x = Float32Array.from({ length: count * length }, () => generator.integer(0, 2));
  const y = Float32Array.from(
    { length: count },
    (_, i) => x.subarray(i * length, (i + 1) * length).reduce((ones, bit) => ones + bit, 0) % 2,
  );
  return new SequenceDataset("parity", x, y, [length, 1]);
}
