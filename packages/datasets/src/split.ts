import { ArgumentError, requireKnownOptions, type TypedArray } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import { type Dataset, Subset } from "./dataset.js";
import { type HostArray, isHostArray, isTypedArray, sliceRows } from "./host-array.js";

/** Parts as fractions that add up to 1, or as counts that add up to the number of rows. */
export interface SplitParts {
  /** Default: what the others leave. */
  readonly train?: number;
  readonly validation?: number;
  readonly test?: number;
}

const known: readonly (keyof SplitParts)[] = ["train", "validation", "test"];

/** One part of a series or dataset, of the same kind. */
export type PartOf<S> = S extends TypedArray
  ? S
  : S extends readonly (infer E)[]
    ? E[]
    : S extends HostArray
      ? HostArray
      : S extends Dataset<infer T>
        ? Subset<T>
        : never;

/** The parts that were asked for; `train` is always there. */
export type Split<S, P extends SplitParts> = { readonly [K in "train" | (keyof P & keyof SplitParts)]: PartOf<S> };

type Name = "train" | "validation" | "test";

/**
 * Cuts a series or dataset in time order: train first, then validation, then test. Nothing is shuffled.
 *
 * Parts are fractions if none is above 1, else counts. Validation and test fractions are rounded down to whole rows, and
 * train takes the rest. Without `train`, it takes what the others leave, so `{ test: 365 }` holds back the last 365 rows.
 * Arrays are copied; a dataset gives `Subset`s.
 *
 * @throws ArgumentError if a part is unknown, the parts do not add up, or a part would be empty
 * @example
 * const { train, validation, test } = chronologicalSplit(series, { train: 0.7, validation: 0.15, test: 0.15 });
 */
export function chronologicalSplit<
  S extends TypedArray | readonly unknown[] | HostArray | Dataset<unknown>,
  const P extends SplitParts,
>(series: S, parts: P): Split<S, P> {
  const total = lengthOf(series);
  const sizes = sizesOf(total, parts);
  const result: Partial<Record<Name, unknown>> = {};
  let from = 0;
  for (const [name, size] of sizes) {
    result[name] = cut(series, from, from + size);
    from += size;
  }
  return result as Split<S, P>;
}

function lengthOf(series: TypedArray | readonly unknown[] | HostArray | Dataset<unknown>): number {
  if (!isHostArray(series)) return series.length;
  if (series.shape.length === 0) {
    throw new ArgumentError("chronologicalSplit", "a scalar has no rows", "give an array with a first axis for time");
  }
  return series.shape[0];
}

function cut(
  series: TypedArray | readonly unknown[] | HostArray | Dataset<unknown>,
  from: number,
  to: number,
): TypedArray | unknown[] | HostArray | Subset<unknown> {
  if (isHostArray(series)) return sliceRows(series, from, to);
  if (isTypedArray(series) || isList(series)) return series.slice(from, to);
  return new Subset(
    series,
    Array.from({ length: to - from }, (_, i) => from + i),
  );
}

function isList(series: readonly unknown[] | Dataset<unknown>): series is readonly unknown[] {
  return Array.isArray(series);
}

function sizesOf(total: number, parts: SplitParts): [Name, number][] {
  requireKnownOptions("chronologicalSplit", parts, known);
  const given = known
    .map((name) => [name, parts[name]] as const)
    .filter((entry): entry is readonly [Name, number] => entry[1] !== undefined);
  for (const [name, value] of given) {
    if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
      throw new ArgumentError(
        "chronologicalSplit",
        `${name} is ${describeValue(value)}`,
        "give a fraction or a count above 0, or leave it out",
      );
    }
  }
  const held = given.filter(([name]) => name !== "train");
  const asCounts = given.some(([, value]) => value > 1);
  const sizes = asCounts ? countsOf(total, held, parts.train) : fractionsOf(total, held, parts.train);
  for (const [name, size] of sizes) {
    if (size < 1) {
      throw new ArgumentError(
        "chronologicalSplit",
        `${name} would be empty: ${total} rows, ${describe(sizes)}`,
        "give more rows, or other parts",
      );
    }
  }
  return sizes;
}

function countsOf(
  total: number,
  held: readonly (readonly [Name, number])[],
  train: number | undefined,
): [Name, number][] {
  const heldBack = held.reduce((sum, [, count]) => sum + count, 0);
  const sizes: [Name, number][] = [
    ["train", train ?? total - heldBack],
    ...held.map(([n, c]): [Name, number] => [n, c]),
  ];
  for (const [name, count] of sizes) {
    if (!Number.isInteger(count)) {
      throw new ArgumentError(
        "chronologicalSplit",
        `${name} is ${count} beside counts`,
        "give whole numbers, or only fractions",
      );
    }
  }
  if (train !== undefined && train + heldBack !== total) {
    throw new ArgumentError(
      "chronologicalSplit",
      `the counts add up to ${train + heldBack}, but there are ${total} rows`,
      "make them equal, or leave train out to let it take the rest",
    );
  }
  return sizes;
}

function fractionsOf(
  total: number,
  held: readonly (readonly [Name, number])[],
  train: number | undefined,
): [Name, number][] {
  const heldBack = held.reduce((sum, [, fraction]) => sum + fraction, 0);
  const sum = (train ?? 1 - heldBack) + heldBack;
  if (Math.abs(sum - 1) > 1e-9) {
    throw new ArgumentError(
      "chronologicalSplit",
      `the fractions add up to ${Number(sum.toPrecision(6))}`,
      "make them add up to 1, or leave train out to let it take the rest",
    );
  }
  const sizes = held.map(([name, fraction]): [Name, number] => [name, Math.floor(total * fraction + 1e-9)]);
  return [["train", total - sizes.reduce((s, [, size]) => s + size, 0)], ...sizes];
}

function describe(sizes: readonly (readonly [Name, number])[]): string {
  return sizes.map(([name, size]) => `${name} ${size}`).join(", ");
}
