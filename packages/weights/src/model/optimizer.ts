import { ArgumentError, FormatError, type HostTensor } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import { readSafetensors } from "../safetensors/read.js";
import { writeSafetensors } from "../safetensors/write.js";
import { isJsonObject, type JsonObject, parseJsonObject } from "./json.js";

type Entries<T> = Readonly<Record<string, Readonly<Record<string, T | number>>>>;

/** What an optimiser must have to be saved; those of @unrolled/optim do. */
export interface SavableOptimizer {
  /** Its class, kept in the file. */
  readonly name?: string;
  stateDict(): { readonly state: Entries<Tensor>; readonly paramGroups: readonly object[] };
}

/** What an optimiser must have to be loaded. */
export interface LoadableOptimizer {
  /** Its class, which must be the file's where both are known. */
  readonly name?: string;
  loadStateDict(saved: { readonly state: Entries<HostTensor>; readonly paramGroups: readonly never[] }): void;
}

const metadataKey = "unrolled.optimizer";
const version = 1;

/**
 * An optimiser's state as a safetensors file, beside a model's files: training goes on from both as if it had not stopped.
 *
 * @example
 * await writeFile("optimizer.safetensors", await saveOptimizer(optimizer));
 */
export async function saveOptimizer(optimizer: SavableOptimizer): Promise<Uint8Array<ArrayBuffer>> {
  const { state, paramGroups } = optimizer.stateDict();
  const numbers: Record<string, Record<string, number>> = {};
  const snapshots: [name: string, tensor: Tensor][] = [];
  for (const [index, entries] of Object.entries(state)) {
    numbers[index] = {};
    for (const [name, value] of Object.entries(entries)) {
      if (typeof value === "number") numbers[index][name] = value;
      else snapshots.push([`${name}.${index}`, value]);
    }
  }
  try {
    const tensors: Record<string, HostTensor> = {};
    for (const [name, tensor] of snapshots)
      tensors[name] = { data: await tensor.data(), shape: tensor.shape, dtype: tensor.dtype };
    return writeSafetensors(tensors, {
      [metadataKey]: JSON.stringify({ version, class: optimizer.name, state: numbers, paramGroups }),
    });
  } finally {
    for (const [, tensor] of snapshots) tensor.dispose();
  }
}

const op = "loadOptimizer";

function readNumbers(json: JsonObject): {
  state: Map<string, Map<string, number | HostTensor>>;
  paramGroups: unknown[];
} {
  if (!isJsonObject(json.state) || !Array.isArray(json.paramGroups))
    throw new FormatError(op, "state or paramGroups are not there", "is this a file of saveOptimizer?");
  const state = new Map<string, Map<string, number | HostTensor>>();
  for (const [index, entries] of Object.entries(json.state)) {
    if (!isJsonObject(entries) || !Object.values(entries).every((value) => typeof value === "number"))
      throw new FormatError(op, `state ${index} does not hold numbers`, "the file is damaged");
    state.set(index, new Map(Object.entries(entries) as [string, number][]));
  }
  return { state, paramGroups: [...json.paramGroups] };
}

/**
 * Loads a file of `saveOptimizer` into an optimiser of the same class over the same parameters.
 *
 * @throws FormatError if the file is malformed or does not fit the optimiser
 * @example
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 * loadOptimizer(optimizer, await readFile("optimizer.safetensors"));
 */
export function loadOptimizer(optimizer: LoadableOptimizer, bytes: Uint8Array): void {
  const { tensors, metadata } = readSafetensors(bytes);
  const text = metadata[metadataKey];
  if (text === undefined) throw new FormatError(op, "the file holds no optimiser", "give a file of saveOptimizer");
  const json = parseJsonObject(op, text);
  if (json.version !== version)
    throw new FormatError(
      op,
      `version ${JSON.stringify(json.version)}`,
      `this release reads ${version}: update @unrolled/weights`,
    );
  if (json.class !== undefined && optimizer.name !== undefined && json.class !== optimizer.name)
    throw new FormatError(
      op,
      `the file holds the state of ${JSON.stringify(json.class)}, the optimiser is ${optimizer.name}`,
      "make the optimiser as it was when saved",
    );
  const { state, paramGroups } = readNumbers(json);
  for (const [key, tensor] of Object.entries(tensors)) {
    const [, name, index] = /^([A-Za-z]\w*)\.(\d+)$/.exec(key) ?? [];
    if (index === undefined) throw new FormatError(op, `a tensor is named "${key}"`, "the file is damaged");
    const entries = state.get(index) ?? new Map<string, number | HostTensor>();
    state.set(index, entries.set(name, tensor));
  }
  const saved = Object.fromEntries([...state].map(([index, entries]) => [index, Object.fromEntries(entries)]));
  try {
    optimizer.loadStateDict({ state: saved, paramGroups: paramGroups as never[] });
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new FormatError(op, `the state does not fit: ${cause.message}`, "make the optimiser as it was when saved", {
      cause,
    });
  }
}
