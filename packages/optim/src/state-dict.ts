import { ArgumentError, type HostTensor } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";

/** An option as it is saved. */
export type OptionValue = boolean | number | readonly number[];

/** A group's options, and the numbers of its parameters, counted over all groups. */
export type SavedGroup = { readonly params: readonly number[] } & { readonly [option: string]: OptionValue };

/** An optimiser's state in PyTorch's layout, but for camelCase options: by parameter number, then by name. */
export interface OptimizerStateDict<T = Tensor> {
  readonly state: Readonly<Record<string, Readonly<Record<string, T | number>>>>;
  readonly paramGroups: readonly SavedGroup[];
}

/** What can be loaded: tensors of the parameters' backends, or data of the host; null is as if absent. */
export type LoadableOptimizerState = OptimizerStateDict<Tensor | HostTensor | null>;

/** A state dict taken apart, for files that keep tensors and JSON in different places. */
export interface SplitStateDict<T = Tensor> {
  /** By `slot.number`, as `exp_avg.0`: the names of `optimizer.namedTensors()`. */
  readonly tensors: Readonly<Record<string, T>>;
  /** Everything else; survives JSON. */
  readonly meta: OptimizerStateDict<never>;
}

/**
 * Takes a state dict apart into tensors and JSON. `joinStateDict` puts it together again.
 *
 * @example
 * const { tensors, meta } = splitStateDict(optimizer.stateDict());
 * const text = JSON.stringify(meta);
 */
export function splitStateDict<T extends object>({ state, paramGroups }: OptimizerStateDict<T>): SplitStateDict<T> {
  const tensors: Record<string, T> = {};
  const numbers: Record<string, Record<string, number>> = {};
  for (const [index, entries] of Object.entries(state)) {
    numbers[index] = {};
    for (const [name, value] of Object.entries(entries)) {
      if (typeof value === "number") numbers[index][name] = value;
      else tensors[`${name}.${index}`] = value;
    }
  }
  return { tensors, meta: { state: numbers, paramGroups } };
}

/**
 * Puts a state dict together from its tensors, or host data of them, and its JSON.
 *
 * @throws ArgumentError if a tensor's name is not of the form `slot.number`, or `meta` has no `state` and `paramGroups`
 * @example
 * optimizer.loadStateDict(joinStateDict(readSafetensors(bytes).tensors, JSON.parse(text)));
 */
export function joinStateDict<T extends Tensor | HostTensor>(
  tensors: Readonly<Record<string, T>>,
  meta: OptimizerStateDict<never>,
): OptimizerStateDict<T> {
  if (typeof meta?.state !== "object" || meta.state === null || !Array.isArray(meta.paramGroups)) {
    throw new ArgumentError("joinStateDict", "meta has no state and paramGroups", "give splitStateDict's meta");
  }
  const state = new Map(
    Object.entries(meta.state).map(([index, numbers]) => [index, new Map<string, T | number>(Object.entries(numbers))]),
  );
  for (const [key, value] of Object.entries(tensors)) {
    const [, name, index] = /^(.+)\.(\d+)$/.exec(key) ?? [];
    if (index === undefined) {
      throw new ArgumentError(
        "joinStateDict",
        `a tensor is named ${key}`,
        "give splitStateDict's tensors, as exp_avg.0",
      );
    }
    const entries = state.get(index) ?? new Map<string, T | number>();
    state.set(index, entries.set(name, value));
  }
  return {
    state: Object.fromEntries([...state].map(([index, entries]) => [index, Object.fromEntries(entries)])),
    paramGroups: meta.paramGroups,
  };
}
