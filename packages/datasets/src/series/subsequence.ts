import { requireKnownOptions } from "@unrolled/backend";
import type { Generator } from "@unrolled/core";
import { defaultGenerator } from "@unrolled/core";
import { requireInteger } from "../check.js";

/**
 * One turn of a sine in `points` even steps, both ends included: `points + 1` values, the first and last of them zero
 * (the last to rounding: -2.4e-16).
 *
 * @param options `points`: steps in a turn, default 36
 * @example
 * sineCycle()[9]; // 1
 */
export function sineCycle(options: { points?: number } = {}): Float64Array {
  requireKnownOptions("sineCycle", options, ["points"]);
  const { points = 36 } = options;
  requireInteger("sineCycle", "points", points, 1);
  return Float64Array.from({ length: points + 1 }, (_, i) => Math.sin((i * Math.PI * 2) / points));
}

/** Options of `randomSubsequence`. */
export interface SubsequenceOptions {
  /** Steps in a turn. Default 36. */
  readonly points?: number;
  /** Fewest values in x. Default 4. */
  readonly minLength?: number;
  /** Default `defaultGenerator()`. */
  readonly generator?: Generator;
}

const known: readonly (keyof SubsequenceOptions)[] = ["points", "minLength", "generator"];

/** What `randomSubsequence` returns. */
export interface Subsequence {
  /** At least `minLength` neighbouring values of `sineCycle`. */
  readonly x: Float32Array;
  /** The value that follows them. */
  readonly y: number;
  /** Step of `x[0]`. */
  readonly start: number;
}

/**
 * A random stretch of `sineCycle` and the value after it, for networks that take sequences of any length.
 *
 * The stretch is drawn as in the exercise that this reproduces: its first step is uniform over 0 .. points - minLength - 1,
 * then its (excluded) end is uniform over start + minLength + 1 .. points + 1. Both bounds can be drawn, so the target may
 * be step `points` itself, a whole turn.
 *
 * @example
 * const { x, y } = randomSubsequence({ generator: new Generator(0) });
 */
export function randomSubsequence(options: SubsequenceOptions = {}): Subsequence {
  requireKnownOptions("randomSubsequence", options, known);
  const { points = 36, minLength = 4, generator = defaultGenerator() } = options;
  requireInteger("randomSubsequence", "minLength", minLength, 1);
  requireInteger("randomSubsequence", "points", points, minLength + 1);
  const cycle = sineCycle({ points });
  const start = generator.integer(0, points - minLength);
  const end = generator.integer(start + minLength + 1, points + 2);
  return { x: Float32Array.from(cycle.subarray(start, end - 1)), y: Math.fround(cycle[end - 1]), start };
}
