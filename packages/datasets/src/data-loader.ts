import { ArgumentError, type Backend, requireKnownOptions } from "@unrolled/backend";
import { defaultGenerator, describeValue, type Generator, requireBackend, scope, Tensor } from "@unrolled/core";
import { requireInteger } from "./check.js";
import {
  type Collate,
  type CollateContext,
  type Collated,
  defaultCollate,
  requireOnBackend,
  upload,
} from "./collate.js";
import { ArrayDataset, type Dataset } from "./dataset.js";

/** Options of `DataLoader`. */
export interface DataLoaderOptions<T, B = Collated<T>> {
  /** Samples in a batch. Default 1. */
  readonly batchSize?: number;
  /** A new random order each time the loader is iterated. Default false. */
  readonly shuffle?: boolean;
  /** Where the order comes from. Default `defaultGenerator()`; only with `shuffle`. */
  readonly generator?: Generator;
  /** Leave out a last batch that is smaller than the others. Default false. */
  readonly dropLast?: boolean;
  /** Makes a batch of samples. Default `defaultCollate`. */
  readonly collate?: Collate<T, B>;
  /** Where batches go. Default: the default backend. */
  readonly backend?: Backend;
}

const known: readonly (keyof DataLoaderOptions<unknown>)[] = [
  "batchSize",
  "shuffle",
  "generator",
  "dropLast",
  "collate",
  "backend",
];

/**
 * Batches of a dataset (or of an array of samples), as PyTorch's `DataLoader`. Iterate it as often as you like: each pass
 * draws its own order from the generator, so that the same seed gives the same orders, epoch for epoch.
 *
 * On a backend that must be told when memory is free, a batch is freed when the next one is asked for, whoever made it;
 * `keep(x)` holds a tensor longer.
 *
 * @throws ArgumentError if an option is unknown, or the dataset is empty, or smaller than one batch with `dropLast`;
 * BackendError if `backend` is none
 * @example
 * const loader = new DataLoader(slidingWindows(series, { length: 10 }), { batchSize: 32, shuffle: true });
 * for (const [x, y] of loader) console.log(x.shape, y.shape); // [32, 10, 1] [32, 1]
 */
export class DataLoader<T, B = Collated<T>> implements Iterable<B> {
  readonly dataset: Dataset<T>;
  readonly batchSize: number;
  /** Batches in one pass. */
  readonly length: number;
  readonly #order: Generator | null;
  readonly #context: CollateContext;
  readonly #collate: Collate<T, B> | undefined;

  constructor(dataset: Dataset<T> | readonly T[], options: DataLoaderOptions<T, B> = {}) {
    requireKnownOptions("DataLoader", options, known);
    const { batchSize = 1, shuffle = false, generator, dropLast = false, collate, backend } = options;
    this.dataset = isArray(dataset) ? new ArrayDataset(dataset) : dataset;
    const count = this.dataset.length;
    requireInteger("DataLoader", "batchSize", batchSize, 1);
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new ArgumentError(
        "DataLoader",
        `the dataset has ${describeValue(count)} samples`,
        "give at least one sample",
      );
    }
    if (generator !== undefined && !shuffle) {
      throw new ArgumentError(
        "DataLoader",
        "a generator is given, but nothing is shuffled",
        "add shuffle: true, or leave it out",
      );
    }
    if (dropLast && count < batchSize) {
      throw new ArgumentError(
        "DataLoader",
        `dropLast leaves nothing of ${count} samples in batches of ${batchSize}`,
        "use a smaller batchSize, or dropLast: false",
      );
    }
    this.batchSize = batchSize;
    this.length = dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
    this.#order = shuffle ? (generator ?? defaultGenerator()) : null;
    this.#context = backend === undefined ? {} : { backend: requireBackend("DataLoader", backend) };
    this.#collate = collate;
  }

  *[Symbol.iterator](): Batches<B> {
    const count = this.dataset.length;
    const order = this.#order?.permutation(count) ?? Int32Array.from({ length: count }, (_, i) => i);
    for (let batch = 0; batch < this.length; batch++) {
      const indices = order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize);
      const made = scope<unknown>(() => this.#batch(indices)) as B;
      yield made;
      freeDeviceTensors(made);
    }
  }

  #batch(indices: Int32Array): unknown {
    if (this.#collate !== undefined) return this.#collate(this.#samples(indices), this.#context);
    const gathered = this.dataset.gather?.(indices);
    if (gathered === undefined) return defaultCollate(this.#samples(indices), this.#context);
    return gathered.map((field) => {
      if (!(field instanceof Tensor)) return upload(field, this.#context);
      requireOnBackend(field, this.#context);
      return field;
    });
  }

  #samples(indices: Int32Array): T[] {
    return Array.from(indices, (index) => this.dataset.get(index));
  }
}

type Batches<B> = globalThis.Generator<B, void, undefined>;

function isArray<T>(dataset: Dataset<T> | readonly T[]): dataset is readonly T[] {
  return Array.isArray(dataset);
}

function freeDeviceTensors(batch: unknown): void {
  const parts = Array.isArray(batch) ? batch : [batch];
  for (const part of parts) {
    if (part instanceof Tensor && !part.kept && !part.backend.capabilities.hostMemory) part.dispose();
  }
}
