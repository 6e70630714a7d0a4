import { type Backend, FormatError, requireKnownOptions } from "@unrolled/backend";
import { buildGraph, fedInputs } from "../import/build-graph.js";
import { declared, inputShapes } from "../import/input-shapes.js";
import { type Model, parseModel } from "../import/parse-model.js";
import { findWeights } from "../import/weights/find-weights.js";
import type { WeightPlan } from "../import/weights/plan.js";
import { GraphModule } from "./graph-module.js";

const caller = "importOnnx";

/** Options of `importOnnx`. */
export interface ImportOnnxOptions {
  /**
   * Example sizes for dimensions that the file leaves open, with which it is checked, such as `{ batch: 16 }`. Only needed
   * where it runs at few sizes; the model takes others too. Default: small ones.
   */
  readonly dims?: Readonly<Record<string, number>>;
  /**
   * The other files that hold weights of the model, by their names in it: `{ "model.onnx.data": bytes }`. PyTorch's newer exporter
   * writes one unless told `external_data=False`. Default: none.
   */
  readonly externalData?: Readonly<Record<string, Uint8Array>>;
  /** Longer files are refused, external data included. Default: 2^28 (256 MiB). */
  readonly maxBytes?: number;
  /** Whether the weight of a name is learned; the others become buffers, saved but not trained. Default: all are. */
  readonly trainable?: (name: string) => boolean;
  /** Where the weights live. Default: the default backend. */
  readonly backend?: Backend;
}

/**
 * Reads an ONNX model (a serialised ModelProto, `ir_version` 3 to 10, opset 7 to 21) into a module that runs, trains, is saved
 * and exported again.
 *
 * Its parameters are the float tensors of the file, initialisers and Constant nodes, that have at least one axis; numbers
 * without axes, and tensors that are only settings (bounds of Clip, initial states, exponents, padding, operands of
 * comparisons), are constants, and so is what PyTorch's exporters write as Constant nodes. Weights of RNN, LSTM and GRU get PyTorch's names, layout and gate order:
 * `lstm.weight_ih_l0`, with the prefix out of the file's names or else from the operator, and a layer for each node that the
 * one before feeds. A linear layer is `fc.weight` [out, in] and `fc.bias` where the names tell; other weights keep their
 * names and layouts.
 *
 * @throws FormatError that names the node or tensor, where the file is cut off, damaged or contradicts itself
 * @throws GraphError that lists every node which has no counterpart here, with its reason
 * @see https://onnx.ai/onnx/operators/
 * @example
 * const model = importOnnx(await readFile("model.onnx"));
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 * optimizer.step(() => mseLoss(model.forward(x), y));
 */
export function importOnnx(bytes: Uint8Array, options: ImportOnnxOptions = {}): GraphModule {
  requireKnownOptions(caller, options, ["dims", "externalData", "maxBytes", "trainable", "backend"]);
  const { dims = {}, externalData = {}, maxBytes = 2 ** 28, trainable = () => true, backend } = options;
  const model = parseModel(bytes, maxBytes, externalData);
  const plan = findWeights(model);
  checkBuilds(model, plan, dims);
  return new GraphModule(model, plan, trainable, backend);
}

/** Sizes tried for what the file leaves open, one after another. */
const exampleSizes = [2, 1, 3, 4, 8, 16];

/** Builds the graph at example sizes, so that what cannot run is refused here and not at the first call. */
function checkBuilds(model: Model, plan: WeightPlan, dims: Readonly<Record<string, number>>): void {
  const inputs = fedInputs(model.graph);
  const open = new Set<string>();
  for (const info of inputs)
    declared(info, "input").dims?.forEach((dim, i) => {
      if (typeof dim !== "number") open.add(dim ?? `${info.name}[${i}]`);
    });
  const others = [...open].filter((name) => !Object.hasOwn(dims, name));
  let first: FormatError | null = null;
  for (const size of others.length > 0 ? exampleSizes : [0]) {
    const sizes = { ...dims, ...Object.fromEntries(others.map((name) => [name, size])) };
    try {
      buildGraph(model, inputShapes(inputs, sizes), plan);
      return;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      first ??= error;
    }
  }
  if (first) throw first;
}
