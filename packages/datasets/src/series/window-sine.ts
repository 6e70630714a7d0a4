import { slidingWindows, type WindowDataset } from "../windows.js";

/** What `windowSine` returns. */
export interface WindowSine {
  /** All 800 points. */
  readonly series: Float32Array;
  /** The first 759. */
  readonly train: Float32Array;
  /** The last 41. */
  readonly test: Float32Array;
  /** 749 windows of 10 points, each with the point after it. */
  readonly trainWindows: WindowDataset;
  /** 31 windows. */
  readonly testWindows: WindowDataset;
}

/**
 * The series of the LSTM exercise: sin(t * 2 * 3.14 / 40) for t = 0 .. 799, each step rounded to float32 as its listing does
 * (3.14, not pi: the wave drifts slowly against the grid of 40). Split 759 / 41, windows of 10.
 *
 * @example
 * const { trainWindows } = windowSine();
 * trainWindows.get(0); // x [10, 1], y [1]
 */
export function windowSine(): WindowSine {
  const f = Math.fround;
  const series = Float32Array.from({ length: 800 }, (_, t) => Math.sin(f(f(f(t * 2) * f(3.14)) / 40)));
  const train = series.slice(0, 759);
  const test = series.slice(759);
  return {
    series,
    train,
    test,
    trainWindows: slidingWindows(train, { length: 10 }),
    testWindows: slidingWindows(test, { length: 10 }),
  };
}
