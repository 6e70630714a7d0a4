import { ArgumentError, ShapeError } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import { requireIndex } from "./check.js";
import type { HostArray } from "./host-array.js";

/**
 * Samples by number, as PyTorch's map-style `Dataset`. A sample is whatever the model wants; `[x, y]` is usual.
 *
 * @example
 * const squares: Dataset<[number, number]> = { length: 10, get: (i) => [i, i * i] };
 */
export interface Dataset<T> {
  /** How many samples there are. */
  readonly length: number;
  /** Sample `index`, 0 <= index < length. */
  get(index: number): T;
  /**
   * Optional fast path of the default collate: the fields of many samples at once, each stacked under a new first axis.
   * Must hold what stacking `get(i)` for every index would.
   */
  gather?(indices: ArrayLike<number>): readonly (HostArray | Tensor)[];
}

/**
 * A list of samples as a Dataset.
 *
 * @throws ArgumentError if the samples are not an array
 * @example
 * new ArrayDataset([[0, 1], [2, 3]]).get(1); // [2, 3]
 */
export class ArrayDataset<T> implements Dataset<T> {
  readonly #samples: readonly T[];

  constructor(samples: readonly T[]) {
    if (!Array.isArray(samples)) {
      throw new ArgumentError(
        "ArrayDataset",
        "the samples are not an array",
        "give an array of samples, such as [[x0, y0], [x1, y1]]",
      );
    }
    this.#samples = samples;
  }

  get length(): number {
    return this.#samples.length;
  }

  get(index: number): T {
    requireIndex("ArrayDataset.get", index, this.length);
    return this.#samples[index];
  }
}

/**
 * The samples of a dataset that `indices` names, in that order.
 *
 * @example
 * new Subset(new ArrayDataset(["a", "b", "c"]), [2, 0]).get(0); // "c"
 */
export class Subset<T> implements Dataset<T> {
  readonly gather?: (indices: ArrayLike<number>) => readonly (HostArray | Tensor)[];
  readonly #dataset: Dataset<T>;
  readonly #indices: Int32Array;

  /** @throws ArgumentError if an index is not one of the dataset's */
  constructor(dataset: Dataset<T>, indices: ArrayLike<number>) {
    for (let i = 0; i < indices.length; i++) requireIndex("Subset", indices[i], dataset.length);
    this.#dataset = dataset;
    this.#indices = Int32Array.from(indices);
    const gather = dataset.gather?.bind(dataset);
    if (gather !== undefined) {
      this.gather = (wanted) => gather(Int32Array.from(wanted, (i) => this.#source(i)));
    }
  }

  get length(): number {
    return this.#indices.length;
  }

  get(index: number): T {
    return this.#dataset.get(this.#source(index));
  }

  #source(index: number): number {
    requireIndex("Subset.get", index, this.length);
    return this.#indices[index];
  }
}

/**
 * Several datasets, one after another.
 *
 * @example
 * new ConcatDataset([new ArrayDataset([1, 2]), new ArrayDataset([3])]).length; // 3
 */
export class ConcatDataset<T> implements Dataset<T> {
  readonly length: number;
  readonly #parts: readonly Dataset<T>[];

  constructor(parts: readonly Dataset<T>[]) {
    this.#parts = [...parts];
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
  }

  /**
   *
   * @throws ShapeError if a part has changed its length
   */
  get(index: number): T {
    requireIndex("ConcatDataset.get", index, this.length);
    let rest = index;
    for (const part of this.#parts) {
      if (rest < part.length) return part.get(rest);
      rest -= part.length;
    }
    throw new ShapeError("ConcatDataset.get", "a part changed its length", "concatenate datasets of fixed length");
  }
}
