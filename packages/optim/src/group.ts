import { requireKnownOptions } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";

/** Parameters with options of their own; options left out are the optimiser's. */
export type ParameterGroup<O> = { readonly params: Iterable<Tensor> } & Partial<O>;

/** What an optimiser is made from: tensors, or groups of them. */
export type OptimizerInput<O> = Iterable<Tensor> | Iterable<ParameterGroup<O>>;

/** A group with every option filled in. Options may be changed between steps, as schedules do. */
export type Group<O> = { -readonly [K in keyof O]: O[K] } & {
  readonly params: readonly Tensor[];
  /** The rate that schedules start from; set by the first schedule. */
  initialLr?: number;
};

/** The options that have a value, all of which must be known. */
export function given<O extends object>(op: string, options: Partial<O>, known: O): Partial<O> {
  requireKnownOptions(op, options, Object.keys(known));
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<O>;
}
