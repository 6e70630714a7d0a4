import type { Attrs, In, Meta, Op, Out } from "../ops.js";

/** What the table says of an op, besides its types. */
export interface OpRow<K extends Op> {
  /** One line for the reference. */
  readonly doc: string;
  /** Behaviour at the edges, where an op has any: ties, NaN, empty input, indices out of range. */
  readonly edges?: string;
  /** Checks the inputs' shapes and dtypes and returns the outputs'. Raises ShapeError, DTypeError or ArgumentError. */
  infer(inputs: In<K, Meta>, attrs: Attrs<K>): Out<K, Meta>;
}

/** One row for each op: the type of `table`. */
export type OpTable = { readonly [K in Op]: OpRow<K> };
