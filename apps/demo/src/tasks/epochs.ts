import { Generator } from "@unrolled/core";

/** Where update number `update` takes its rows from. */
export interface Epochs {
  readonly updatesPerEpoch: number;
  /** Rows of the batch; the last of an epoch may have fewer. */
  rows(update: number): Int32Array;
}

/** Passes over `count` rows, each in a new order when shuffled. */
export function epochs(count: number, batchSize: number, shuffle: { readonly seed: number } | null): Epochs {
  const updatesPerEpoch = Math.ceil(count / batchSize);
  let kept = -1;
  let order = Int32Array.from({ length: count }, (_, i) => i);
  return {
    updatesPerEpoch,
    rows(update) {
      const epoch = Math.floor(update / updatesPerEpoch);
      if (shuffle && epoch !== kept) {
        order = new Generator(shuffle.seed + epoch).permutation(count) as Int32Array<ArrayBuffer>;
        kept = epoch;
      }
      const first = (update % updatesPerEpoch) * batchSize;
      return order.subarray(first, first + batchSize);
    },
  };
}

/** `rowsOf(update)`, the same as source code. */
export const epochsSource = (count: number, seed: number | null): string =>
  seed === null
    ? `function rowsOf(update: number): Int32Array {
  const first = (update % Math.ceil(${count} / batchSize)) * batchSize;
  return Int32Array.from({ length: Math.min(batchSize, ${count} - first) }, (_, i) => first + i);
}`
    : `let shuffled = -1;
let order = new Int32Array(${count});
function rowsOf(update: number): Int32Array {
  const updatesPerEpoch = Math.ceil(${count} / batchSize);
  const epoch = Math.floor(update / updatesPerEpoch);
  if (epoch !== shuffled) order = Int32Array.from(new Generator(${seed} + epoch).permutation(${count}));
  shuffled = epoch;
  const first = (update % updatesPerEpoch) * batchSize;
  return order.slice(first, first + batchSize);
}`;

/** `most` of the numbers from `first` to `end` (excluded), evenly spread; all where there are no more. */
export function evenly(first: number, end: number, most: number): number[] {
  const count = Math.min(most, end - first);
  return Array.from({ length: Math.max(0, count) }, (_, i) => first + Math.floor((i * (end - first)) / count));
}
