import { ArgumentError, type HostTensor, requireKnownOptions } from "@unrolled/backend";
import type { Module } from "@unrolled/nn";
import { hostStateDict } from "../state-dict/files.js";
import { counterparts, inside, type KerasLayerNames, kerasNames, pick } from "./pairs.js";

const op = "toKeras";

/** Options of `toKeras`. */
export interface ToKerasOptions {
  /** Keras layers by the names of modules, in Keras's order; a module without an entry keeps its name and comes last. */
  readonly layers?: KerasLayerNames;
}

/**
 * A module's weights as a Keras 3 model of the same layers has them, by Keras's paths, in the order of get_weights().
 * In Keras: `for w in model.weights: w.assign(arrays[w.path])`, or `model.set_weights(list(arrays.values()))`.
 *
 * @throws ArgumentError for parameters that no Keras layer holds
 * @example
 * await writeFile("model.npz", writeNpz(await toKeras(model, { layers: { rnn: "lstm", head: "dense" } })));
 */
export async function toKeras(module: Module, options: ToKerasOptions = {}): Promise<Record<string, HostTensor>> {
  requireKnownOptions(op, options, ["layers"]);
  const { layers: names = {} } = options;
  const all = counterparts(module);
  const first = pick(op, all, Object.keys(names));
  const state = await hostStateDict(module);
  const left = new Set(Object.keys(state));
  const arrays: Record<string, HostTensor> = {};
  for (const counterpart of [...first, ...all.filter((other) => !first.includes(other))]) {
    const own: Record<string, HostTensor> = {};
    const prefix = inside(counterpart.name, "");
    for (const [name, tensor] of Object.entries(state)) {
      if (!name.startsWith(prefix) || name.slice(prefix.length).includes(".")) continue;
      own[name.slice(prefix.length)] = tensor;
      left.delete(name);
    }
    const layerNames = kerasNames(op, counterpart, names);
    for (const [i, parts] of counterpart.layers.entries())
      for (const { folder, weights, toKeras: convert } of parts) {
        const converted = convert(own);
        for (const weight of weights) arrays[`${layerNames[i]}/${folder}${weight}`] = converted[weight];
      }
  }
  if (left.size > 0)
    throw new ArgumentError(
      op,
      `no Keras layer holds ${[...left].join(", ")}`,
      "convert the modules that Keras has one by one",
    );
  return arrays;
}
