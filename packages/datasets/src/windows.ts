import { ArgumentError, type DType, requireKnownOptions, type TypedArray } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import { requireGiven, requireIndex, requireInteger } from "./check.js";
import type { Dataset } from "./dataset.js";
import { type HostArray, type Matrix, type SeriesLike, selectColumns, toMatrix } from "./host-array.js";

/** Options of `slidingWindows`. */
export interface SlidingWindowsOptions {
  /** Rows that the model sees. */
  readonly length: number;
  /** Rows to predict, right after the window. Default 1. */
  readonly horizon?: number;
  /** Rows from the start of one window to the next. Default 1. */
  readonly stride?: number;
  /** Columns that make up x, in this order. Default all. */
  readonly features?: readonly number[];
  /** Columns that make up y, in this order. Default all. */
  readonly targets?: readonly number[];
  /** Default "float32". */
  readonly dtype?: "float32" | "float64";
}

const known: readonly (keyof SlidingWindowsOptions)[] = ["length", "horizon", "stride", "features", "targets", "dtype"];

/** A window and what follows it. */
export type Window = [x: HostArray, y: HostArray];

/**
 * Windows over a series: sample i is `x` = rows `i * stride` to `i * stride + length` and `y` = the `horizon` rows that follow.
 * The series is copied once; windows are cut when they are asked for.
 *
 * Shapes: x `[length, features]`. y `[horizon]` for a flat series, `[horizon, targets]` for a series of rows.
 *
 * To hold data back for a test, split the series first (`chronologicalSplit`) and cut windows from each part: with a horizon
 * above 1, neighbouring windows share target rows.
 *
 * @throws ArgumentError if an option is unknown or out of range, or the series is shorter than `length + horizon` rows
 * @example
 * const windows = slidingWindows([0, 1, 2, 3, 4], { length: 3 });
 * windows.length; // 2
 * windows.get(1); // x: 1, 2, 3 as [3, 1]; y: 4 as [1]
 */
export function slidingWindows(series: SeriesLike, options: SlidingWindowsOptions): WindowDataset {
  requireKnownOptions("slidingWindows", options, known);
  return new WindowDataset(toMatrix("slidingWindows", series), options);
}

/**
 * What `slidingWindows` returns. Made by `slidingWindows`.
 *
 * @throws ArgumentError for options out of range
 */
export class WindowDataset implements Dataset<Window> {
  readonly length: number;
  readonly #inputs: TypedArray;
  readonly #targets: TypedArray;
  readonly #xShape: readonly [number, number];
  readonly #yShape: readonly [number] | readonly [number, number];
  readonly #stride: number;

  constructor(
    series: Matrix,
    { length, horizon = 1, stride = 1, features, targets, dtype = "float32" }: SlidingWindowsOptions,
  ) {
    requireGiven("slidingWindows", "length", length, "the steps of a window, such as { length: 10 }");
    requireInteger("slidingWindows", "length", length, 1);
    requireInteger("slidingWindows", "horizon", horizon, 1);
    requireInteger("slidingWindows", "stride", stride, 1);
    requireFloat(dtype);
    if (series.rows < length + horizon) {
      throw new ArgumentError(
        "slidingWindows",
        `the series has ${series.rows} rows, but length ${length} + horizon ${horizon} needs at least ${length + horizon}`,
        "give more rows, or a smaller length or horizon",
      );
    }
    const inputColumns = columnsOf(series, "features", features);
    const targetColumns = columnsOf(series, "targets", targets);
    this.#inputs = selectColumns(series, inputColumns, dtype);
    this.#targets = selectColumns(series, targetColumns, dtype);
    this.#xShape = [length, inputColumns.length];
    this.#yShape = series.rank === 1 ? [horizon] : [horizon, targetColumns.length];
    this.#stride = stride;
    this.length = Math.floor((series.rows - length - horizon) / stride) + 1;
  }

  get(index: number): Window {
    const [x, y] = this.gather([index]);
    return [
      { data: x.data, shape: this.#xShape },
      { data: y.data, shape: this.#yShape },
    ];
  }

  gather(indices: ArrayLike<number>): [x: HostArray, y: HostArray] {
    const [length, features] = this.#xShape;
    const [horizon, targets = 1] = this.#yShape;
    return [
      this.#cut(this.#inputs, indices, 0, length, features, this.#xShape),
      this.#cut(this.#targets, indices, length, horizon, targets, this.#yShape),
    ];
  }

  #cut(
    rows: TypedArray,
    indices: ArrayLike<number>,
    offset: number,
    count: number,
    columns: number,
    shape: readonly number[],
  ): HostArray {
    const size = count * columns;
    const length = indices.length * size;
    const data = rows instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
    for (let i = 0; i < indices.length; i++) {
      requireIndex("slidingWindows", indices[i], this.length);
      const from = (indices[i] * this.#stride + offset) * columns;
      data.set(rows.subarray(from, from + size), i * size);
    }
    return { data, shape: [indices.length, ...shape] };
  }
}

function requireFloat(dtype: DType): void {
  if (dtype !== "float32" && dtype !== "float64") {
    throw new ArgumentError("slidingWindows", `dtype is ${describeValue(dtype)}`, 'use "float32" or "float64"');
  }
}

function columnsOf(series: Matrix, name: string, chosen: readonly number[] | undefined): readonly number[] {
  if (chosen === undefined) return Array.from({ length: series.columns }, (_, j) => j);
  if (chosen.length === 0) throw new ArgumentError("slidingWindows", `${name} is empty`, "name at least one column");
  for (const column of chosen) {
    if (!Number.isInteger(column) || column < 0 || column >= series.columns) {
      throw new ArgumentError(
        "slidingWindows",
        `${name} names column ${describeValue(column)} of a series of ${series.columns}`,
        `give whole numbers from 0 to ${series.columns - 1}`,
      );
    }
  }
  return chosen;
}
