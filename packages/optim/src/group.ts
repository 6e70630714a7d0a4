import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { Tensor } from "@unrolled/core";

/** Parameters, one or more, with options of their own; options left out are the optimiser's. */
export type ParameterGroup<O> = { readonly params: Tensor | Iterable<Tensor> } & Partial<O>;

/** What an optimiser is made from: tensors, or groups of them. */
export type OptimizerInput<O> = Iterable<Tensor> | Iterable<ParameterGroup<O>>;

/** A group with every option filled in. Options may be changed between steps, as schedules do. */
export type Group<O> = { -readonly [K in keyof O]: O[K] } & {
  readonly params: readonly Tensor[];
  /** The rate that schedules start from; set by the first schedule. */
  initialLr?: number;
};

/** A list of tensors, checked: what stands there instead is named, with what to write. */
export function tensorsOf(op: string, parameters: unknown): Tensor[] {
  const remedy = "pass model.parameters()";
  if (parameters instanceof Tensor)
    throw new ArgumentError(op, "got one tensor where a list of parameters goes", "put it in a list, as [w]");
  if (typeof (parameters as Partial<{ parameters: unknown }> | null | undefined)?.parameters === "function")
    throw new ArgumentError(op, "got a module where its parameters go", remedy);
  if (typeof (parameters as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== "function")
    throw new ArgumentError(op, "the parameters are no list", remedy);
  return [...(parameters as Iterable<unknown>)].map((item) => {
    if (item instanceof Tensor) return item;
    if (Array.isArray(item) && item.length === 2 && typeof item[0] === "string")
      throw new ArgumentError(op, "got pairs of names and tensors", "pass model.parameters()");
    throw new ArgumentError(op, `a parameter is ${item === null ? "null" : `no tensor but ${typeof item}`}`, remedy);
  });
}

export function isGroup<O>(item: unknown): item is ParameterGroup<O> {
  return typeof item === "object" && item !== null && "params" in item;
}

/** Groups as they are, or tensors as one group. */
export function groupsOf<O>(name: string, input: OptimizerInput<O>): ParameterGroup<O>[] {
  if (isGroup<O>(input)) throw new ArgumentError(name, "got one group where a list goes", "put it in a list: [group]");
  const items = isIterable(input) ? [...input] : input;
  if (Array.isArray(items) && items.some(isGroup)) return items as ParameterGroup<O>[];
  return [{ params: tensorsOf(name, items) } as unknown as ParameterGroup<O>];
}

function isIterable<O>(input: OptimizerInput<O>): input is Iterable<Tensor> | Iterable<ParameterGroup<O>> {
  return typeof (input as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === "function";
}

/** The options that have a value, all of which must be known. */
export function given<O extends object>(op: string, options: Partial<O>, known: O): Partial<O> {
  requireKnownOptions(op, options, Object.keys(known));
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<O>;
}
