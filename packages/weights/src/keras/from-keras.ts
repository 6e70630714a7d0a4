import { ArgumentError, formatShape, type HostTensor, requireKnownOptions } from "@unrolled/backend";
import type { LoadReport, Module } from "@unrolled/nn";
import { assign, planLoad } from "../state-dict/plan.js";
import type { KerasPart } from "./layers.js";
import { Converted } from "./origins.js";
import { type Counterpart, counterparts, type KerasLayerNames, kerasNames, pick } from "./pairs.js";

const op = "fromKeras";

/** Options of `fromKeras`. */
export interface FromKerasOptions {
  /**
   * For arrays by path: Keras layers by the names of modules; a module without an entry takes the layer of its own name.
   * For a list of arrays: names of modules in Keras's order; the order of their registration when left out.
   */
  readonly layers?: KerasLayerNames | readonly string[];
  /** Refuse missing and unexpected arrays. Default true. Shapes are always checked. */
  readonly strict?: boolean;
}

type Arrays = Readonly<Record<string, HostTensor>>;

const quoted = (name: string): string => JSON.stringify(name);

/** Paths of a part's arrays by Keras's weight names, found by path: `.../kernel`, or `.../vars/0` as in .weights.h5 files. */
function findByPath(arrays: Arrays, layer: string, { direction, weights }: KerasPart): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of Object.keys(arrays)) {
    if (!path.startsWith(`${layer}/`)) continue;
    const rest = path.slice(layer.length + 1).split("/");
    if (direction !== null && !rest[0].startsWith(`${direction}_`)) continue;
    const last = rest[rest.length - 1];
    const name = rest[rest.length - 2] === "vars" ? weights[Number(last)] : last;
    if (name === undefined || !weights.includes(name)) continue;
    found.set(name, path);
  }
  return found;
}

/** A layer's name as `layers` takes it: a weight's path less the weight, its cell and its direction. */
const layerOf = (path: string): string =>
  path.replace(/(\/vars)?\/[^/]+$/, "").replace(/(\/(forward|backward)_[^/]+)?(\/([^/]+_)?cell)?$/, "");

function layersRemedy(arrays: Arrays): string {
  const paths = Object.keys(arrays);
  if (paths.length === 0) return "give what readNpz gives: there are no arrays at all";
  const layers = [...new Set(paths.map(layerOf))].map(quoted).join(", ");
  return `name its Keras layer in { layers }; there are ${layers}, of the arrays ${paths.join(", ")}`;
}

function convertNamed(module: Module, arrays: Arrays, options: FromKerasOptions): Converted {
  const { layers: names = {}, strict = true } = options;
  if (Array.isArray(names))
    throw new ArgumentError(op, "a list of layers for arrays that have paths", 'give { layers: { lstm: "lstm_1" } }');
  const all = counterparts(module);
  pick(op, all, Object.keys(names));
  const used = new Set<string>();
  const converted = new Converted();
  for (const counterpart of all) {
    const layerNames = kerasNames(op, counterpart, names as KerasLayerNames);
    for (const [i, parts] of counterpart.layers.entries()) {
      for (const part of parts) {
        const paths = findByPath(arrays, layerNames[i], part);
        for (const path of paths.values()) used.add(path);
        if (strict && paths.size === 0) {
          const what = `${part.direction ?? ""} layer "${layerNames[i]}"`.trim();
          throw new ArgumentError(
            op,
            `there are no arrays of a ${what}, for ${counterpart.name || "the module"}`,
            layersRemedy(arrays),
          );
        }
        if (part.weights.some((weight) => weight !== "bias" && weight !== "beta" && !paths.has(weight))) continue;
        const found = Object.fromEntries([...paths].map(([name, path]) => [name, arrays[path]]));
        converted.add(counterpart.name, part, found, paths);
      }
    }
  }
  for (const [path, array] of Object.entries(arrays)) if (!used.has(path)) converted.state[path] = array;
  return converted;
}

const listRemedy = (all: readonly Counterpart[]): string =>
  `for arrays without names, list the model's own module names in Keras's order: { layers: [${all.map(({ name }) => quoted(name)).join(", ")}] } or another order of these`;

function inOrder(module: Module, names: FromKerasOptions["layers"]): Counterpart[] {
  const all = counterparts(module);
  if (names === undefined) return all;
  if (!Array.isArray(names)) throw new ArgumentError(op, "layers by name for arrays without names", listRemedy(all));
  const unknown = (names as readonly string[]).filter((name) => !all.some((known) => known.name === name));
  if (unknown.length > 0)
    throw new ArgumentError(op, `layers: the model has no module ${unknown.map(quoted).join(", ")}`, listRemedy(all));
  return pick(op, all, names as readonly string[]);
}

function convertList(module: Module, arrays: readonly HostTensor[], options: FromKerasOptions): Converted {
  const parts = inOrder(module, options.layers).flatMap(({ name, layers }) =>
    layers.flat().map((part) => ({ name, part })),
  );
  const wanted = parts.reduce((count, { part }) => count + part.weights.length, 0);
  if (wanted !== arrays.length) {
    const described = parts.map(({ name, part }) => `${name || "the module"} takes ${part.weights.join(", ")}`);
    throw new ArgumentError(
      op,
      `${arrays.length} arrays for modules that take ${wanted}: ${described.join("; ")}; the arrays are ${arrays.map(({ shape }) => formatShape(shape)).join(", ")}`,
      `give what get_weights() gives; ${listRemedy(counterparts(module))}`,
    );
  }
  const converted = new Converted();
  let at = 0;
  for (const { name, part } of parts) {
    const own = Object.fromEntries(part.weights.map((weight, i) => [weight, arrays[at + i]]));
    const paths = new Map(part.weights.map((weight, i) => [weight, `arr_${at + i} (${weight})`]));
    converted.add(name, part, own, paths);
    at += part.weights.length;
  }
  return converted;
}

function requireArrays(arrays: unknown): void {
  if (arrays instanceof ArrayBuffer || ArrayBuffer.isView(arrays))
    throw new ArgumentError(op, "bytes instead of arrays", "readNpz(bytes) first, or readSafetensors(bytes).tensors");
  if (typeof arrays !== "object" || arrays === null)
    throw new ArgumentError(op, `${String(arrays)} instead of arrays`, "give what readNpz gives");
  for (const [name, array] of Object.entries(arrays as Readonly<Record<string, Partial<HostTensor> | null>>)) {
    if (Array.isArray(array?.shape) && ArrayBuffer.isView(array.data)) continue;
    throw new ArgumentError(op, `"${name}" is no array`, "give { data, shape, dtype } for each, as readNpz gives them");
  }
}

/** np.savez gives unnamed arrays the names arr_0, arr_1, ... */
function asList(arrays: Arrays): readonly HostTensor[] | null {
  const count = Object.keys(arrays).length;
  const list = Array.from({ length: count }, (_, i) => arrays[`arr_${i}`]);
  return count > 0 && list.every((array) => array !== undefined) ? list : null;
}

/**
 * Loads a Keras 3 model's arrays into a module, all or nothing: SimpleRNN into RNN, LSTM, GRU (both reset forms), Bidirectional,
 * Dense into Linear, Embedding, LayerNormalization into LayerNorm. Kernels are transposed, gates reordered, biases split.
 *
 * Arrays by path come from `np.savez("model.npz", **{w.path: w.numpy() for w in model.weights})` and `readNpz`, or from a
 * safetensors file with the same names; a list from `np.savez("model.npz", *model.get_weights())`.
 *
 * @returns what was missing (our names), unexpected (Keras's paths) and mis-shaped
 * @throws ArgumentError if layers cannot be matched; StateDictError that lists what does not fit
 * @example
 * fromKeras(model, readNpz(bytes), { layers: { rnn: ["lstm", "lstm_1"], head: "dense" } });
 */
export function fromKeras(
  module: Module,
  arrays: Arrays | readonly HostTensor[],
  options: FromKerasOptions = {},
): LoadReport {
  requireKnownOptions(op, options, ["layers", "strict"]);
  requireArrays(arrays);
  const list = Array.isArray(arrays) ? (arrays as readonly HostTensor[]) : asList(arrays as Arrays);
  const converted = list ? convertList(module, list, options) : convertNamed(module, arrays as Arrays, options);
  const { state, words } = converted;
  const shapes = new Map(Object.entries(state).map(([name, { shape }]) => [name, shape]));
  const { plan, report } = planLoad(
    op,
    module,
    shapes,
    options.strict === undefined ? {} : { strict: options.strict },
    words,
  );
  assign(module, new Map([...plan.keys()].map((name) => [name, state[name]])));
  return report;
}
