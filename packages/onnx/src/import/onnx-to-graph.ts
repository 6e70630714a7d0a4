import { type Graph, requireKnownOptions } from "@unrolled/backend";
import { buildGraph, fedInputs } from "./build-graph.js";
import { inputShapes } from "./input-shapes.js";
import { parseModel } from "./parse-model.js";
import { noWeights } from "./weights/plan.js";

const caller = "onnxToGraph";

/** Options of `onnxToGraph`. */
export interface OnnxToGraphOptions {
  /**
   * Sizes of the dimensions that the file names but leaves open, such as `{ batch: 1, time: 10 }`; a dimension without a
   * name is called by its input and place, `"x[0]"`. Default: none.
   */
  readonly dims?: Readonly<Record<string, number>>;
  /**
   * The other files that hold weights of the model, by their names in it: `{ "model.onnx.data": bytes }`. PyTorch's newer exporter
   * writes one unless told `external_data=False`. Default: none.
   */
  readonly externalData?: Readonly<Record<string, Uint8Array>>;
  /** Longer files are refused, external data included. Default: 2^28 (256 MiB). */
  readonly maxBytes?: number;
}

/**
 * Reads an ONNX model (a serialised ModelProto, `ir_version` 3 to 10, opset 7 to 21) into a graph.
 *
 * Inputs and outputs keep their names, initialisers become constants. RNN, LSTM and GRU become `rnnSequence`,
 * `lstmSequence` and `gruSequence`, one for each direction, with the gates in the op table's order. Shapes are static: the
 * shape arithmetic of exporters is computed here. int64 becomes int32; constants that do not fit, and int64 arithmetic on
 * numbers not known before the run, are refused. Dropout is the identity.
 *
 * @throws FormatError that names the node or tensor, where the file is cut off, damaged or contradicts itself.
 * @throws GraphError that lists every node which a graph cannot say, with its reason.
 * @throws ArgumentError that lists the dimensions for which `dims` must give sizes.
 * @see https://onnx.ai/onnx/operators/
 *
 * @example
 * ```ts
 * import { onnxToGraph } from "@unrolled/onnx";
 * const graph = onnxToGraph(bytes, { dims: { batch: 1, time: 10 } });
 * ```
 */
export function onnxToGraph(bytes: Uint8Array, options: OnnxToGraphOptions = {}): Graph {
  requireKnownOptions(caller, options, ["dims", "externalData", "maxBytes"]);
  const model = parseModel(bytes, options.maxBytes ?? 2 ** 28, options.externalData ?? {});
  return buildGraph(model, inputShapes(fedInputs(model.graph), options.dims ?? {}), noWeights).graph;
}
