import {
  ArgumentError,
  formatShape,
  type HostTensor,
  requireKnownOptions,
  type Shape,
  sameShape,
  sizeOf,
  UnrolledError,
} from "@unrolled/backend";
import { noGrad, scope, Tensor, tensor } from "@unrolled/core";
import type { Group } from "./group.js";
import { type OptimizerKind, requireRange, requireValid, zeroOrMore } from "./kind.js";
import type { OptimizerState } from "./state.js";
import type { LoadableOptimizerState, SavedGroup } from "./state-dict.js";

type Loadable = Tensor | HostTensor;
type Options<O> = { [K in keyof O]: O[K] } & { initialLr?: number };

interface Entries {
  readonly numbers: readonly (readonly [name: string, value: number])[];
  readonly slots: readonly (readonly [name: string, value: Loadable])[];
}

/** Puts saved state in place of an optimiser's own, all or nothing. */
export function loadState<O extends { readonly lr: number }>(
  kind: OptimizerKind<O>,
  groups: readonly Group<O>[],
  state: OptimizerState<O>,
  saved: LoadableOptimizerState,
): void {
  const op = `${kind.name}.loadStateDict`;
  const problems: string[] = [];
  const attempt = <T>(where: string, fn: () => T): T | null => {
    try {
      return fn();
    } catch (error) {
      if (!UnrolledError.is(error)) throw error;
      problems.push(`${where}: ${error.message}`);
      return null;
    }
  };
  const refuse = (): void => {
    if (problems.length === 0) return;
    throw new ArgumentError(op, problems.join("; "), "load into the optimiser and the model that were saved");
  };

  requireStateDict(op, saved);
  const sizes = (list: readonly { readonly params: readonly unknown[] }[]): string =>
    `[${list.map(({ params }) => params.length).join(", ")}]`;
  if (sizes(saved.paramGroups) !== sizes(groups)) {
    problems.push(`saved were groups of ${sizes(saved.paramGroups)} parameters, here are ${sizes(groups)}`);
    refuse();
  }
  const options = saved.paramGroups.map((group, i) => attempt(`group ${i}`, () => optionsOf(kind, group)));
  const ids = saved.paramGroups.flatMap(({ params }) => params.map(String));
  const unknown = Object.keys(saved.state).filter((id) => !ids.includes(id));
  if (unknown.length > 0) problems.push(`state of parameters that no group has: ${unknown.join(", ")}`);
  const plans = groups.flatMap((group, i) =>
    group.params.map((parameter, j) => {
      const id = String(saved.paramGroups[i].params[j]);
      const needed = state.needed(options[i] ?? (group as unknown as O));
      return [parameter, i, entriesOf(kind, needed, saved.state[id] ?? {}, id, parameter, problems)] as const;
    }),
  );
  refuse();
  for (const [i, own] of options.entries()) {
    if (own?.initialLr === undefined) delete groups[i].initialLr;
    Object.assign(groups[i], own);
  }
  noGrad(() =>
    scope(() => {
      for (const [parameter, group, entries] of plans) put(state, parameter, groups[group] as unknown as O, entries);
    }),
  );
}

function requireStateDict(op: string, saved: LoadableOptimizerState): void {
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  if (isObject(saved?.state) && Array.isArray(saved.paramGroups)) {
    if (saved.paramGroups.every((group) => isObject(group) && Array.isArray(group.params))) return;
  }
  throw new ArgumentError(op, "this is no state dict", "give { state, paramGroups }, as stateDict() returns");
}

/** The options of a saved group, all of them there and valid. */
function optionsOf<O extends { readonly lr: number }>(
  kind: OptimizerKind<O>,
  { params: _, ...options }: SavedGroup,
): Options<O> {
  const known = Object.keys(kind.defaults);
  requireKnownOptions(kind.name, options, [...known, "initialLr"]);
  const missing = known.filter((name) => options[name] === undefined);
  if (missing.length > 0) throw new ArgumentError(kind.name, `missing: ${missing.join(", ")}`, "save every option");
  const copy = structuredClone(options) as unknown as Options<O>;
  requireValid(kind, copy);
  if (copy.initialLr !== undefined) requireRange(kind.name, "initialLr", copy.initialLr, zeroOrMore);
  return copy;
}

/** The state of one parameter, checked; problems are added to the list. */
function entriesOf<O extends { readonly lr: number }>(
  kind: OptimizerKind<O>,
  needed: readonly string[],
  saved: Readonly<Record<string, Loadable | number | null>>,
  id: string,
  parameter: Tensor,
  problems: string[],
): Entries {
  const numbers: [string, number][] = [];
  const slots: [string, Loadable][] = [];
  const entries = Object.entries(saved).filter(([, value]) => value !== null && value !== undefined);
  const numberNames = Object.keys(kind.numbers ?? { step: 0 });
  for (const [name, value] of entries) {
    const key = `${name}.${id}`;
    if (numberNames.includes(name)) {
      const number = numberOf(value);
      if (Number.isFinite(number)) numbers.push([name, number]);
      else problems.push(`${key} is no number`);
    } else if (Object.hasOwn(kind.slots, name)) {
      const problem = misfit(value, parameter);
      if (problem === null) slots.push([name, value as Loadable]);
      else problems.push(`${key} ${problem}`);
    } else problems.push(`unexpected: ${key}`);
  }
  if (entries.length > 0) {
    const missing = [...numberNames, ...needed].filter((name) => !entries.some(([present]) => present === name));
    if (missing.length > 0) problems.push(`missing: ${missing.map((name) => `${name}.${id}`).join(", ")}`);
  }
  return { numbers, slots };
}

/** A saved number; PyTorch has step counts as 0-d tensors. */
function numberOf(value: unknown): number {
  if (value instanceof Tensor) return value.size === 1 ? value.item() : Number.NaN;
  if (isHostTensor(value)) return value.data.length === 1 ? Number(value.data[0]) : Number.NaN;
  return typeof value === "number" ? value : Number.NaN;
}

function isHostTensor(value: unknown): value is HostTensor {
  return (
    typeof value === "object" &&
    value !== null &&
    "data" in value &&
    ArrayBuffer.isView(value.data) &&
    "shape" in value &&
    Array.isArray(value.shape)
  );
}

/** Why a value cannot be state of a parameter; null if it can. */
function misfit(value: unknown, parameter: Tensor): string | null {
  const shapeProblem = (shape: Shape): string | null =>
    sameShape(shape, parameter.shape)
      ? null
      : `is ${formatShape(shape)} for a parameter of ${formatShape(parameter.shape)}`;
  if (value instanceof Tensor) {
    if (value.isDisposed) return "was disposed of";
    if (value.backend !== parameter.backend)
      return `is on ${value.backend.name}, the parameter on ${parameter.backend.name}`;
    return shapeProblem(value.shape);
  }
  if (!isHostTensor(value)) return "is no tensor";
  if (value.data.length !== sizeOf(value.shape)) return `has ${value.data.length} elements, not ${sizeOf(value.shape)}`;
  return shapeProblem(value.shape);
}

function put<O extends { readonly lr: number }>(
  state: OptimizerState<O>,
  parameter: Tensor,
  options: O,
  { numbers, slots }: Entries,
): void {
  const { dtype, backend } = parameter;
  // what is loaded may be what is about to be forgotten
  const values = slots.map(([name, value]): [string, Tensor] => [
    name,
    value instanceof Tensor ? value.detach().cast(dtype) : tensor(value.data, { shape: value.shape, dtype, backend }),
  ]);
  state.clear(parameter);
  state.prepare(parameter, options);
  for (const [name, value] of numbers) state.setNumber(name, parameter, value);
  for (const [name, value] of values) {
    if (state.slot(name, parameter) === null) state.add(name, parameter, options);
    state.store(name, parameter, value);
  }
}
