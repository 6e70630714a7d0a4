import { requireKnownOptions } from "@unrolled/backend";
import { requireFinite, requireInteger } from "../check.js";

/** What `elmanSine` returns. */
export interface ElmanSine {
  /** Where the sine was taken: `points` even steps. */
  readonly time: Float64Array;
  /** All points but the last. */
  readonly x: Float32Array;
  /** All points but the first: `y[t]` follows `x[t]`. */
  readonly y: Float32Array;
}

/**
 * The series of the classic Elman network exercise: sin over 21 even steps from 2 to 10, x the first 20 points and y the
 * last 20, so that each input's target is the next point. Feed it as `tensor(x, { shape: [20, 1] })`.
 *
 * @param options `points` (default 21), `from` (2) and `to` (10)
 * @example
 * const { x, y } = elmanSine();
 * x[1] === y[0]; // true
 */
export function elmanSine(options: { points?: number; from?: number; to?: number } = {}): ElmanSine {
  requireKnownOptions("elmanSine", options, ["points", "from", "to"]);
  const { points = 21, from = 2, to = 10 } = options;
  requireInteger("elmanSine", "points", points, 2);
  requireFinite("elmanSine", "from", from);
  requireFinite("elmanSine", "to", to);
  const step = (to - from) / (points - 1);
  const time = Float64Array.from({ length: points }, (_, i) => (i === points - 1 ? to : i * step + from));
  const values = Float32Array.from(time, Math.sin);
  return { time, x: values.slice(0, -1), y: values.slice(1) };
}
