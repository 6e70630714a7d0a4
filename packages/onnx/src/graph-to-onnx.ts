import { create, toBinary } from "@bufbuild/protobuf";
import { ArgumentError, type Graph, GraphError, type GraphValue, requireKnownOptions } from "@unrolled/backend";
import { type GraphProto, GraphProtoSchema, ModelProtoSchema } from "onnx-buf";
import { ModelBuilder } from "./builder.js";
import { lowerNodes } from "./lower-nodes.js";
import { checkNames } from "./names.js";
import { Operands } from "./operands.js";
import { bindOutputs } from "./outputs.js";
import { valueInfo } from "./proto.js";
import { type StateBinding, stateBindings, stateMetadataKey } from "./state.js";
import { withoutUnused } from "./unused.js";
import { withoutNodeNames } from "./without-node-names.js";

/** The earliest ONNX opset that can be written. */
export const minimumOpset = 17;
/** The latest ONNX opset that can be written. */
export const maximumOpset = 21;

/** The oldest file format that carries each opset, so that the oldest runtimes can read the file. */
const irVersions: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

/** Options of `graphToOnnx`. */
export interface GraphToOnnxOptions {
  /** The ONNX operator set, 17 to 21. Default 17, which ONNX Runtime reads since 1.12. */
  readonly opset?: number;
  /** Who made the file, as `producer_name` and `producer_version`. Default: `unrolled`, without a version. */
  readonly producer?: { readonly name: string; readonly version?: string };
  /** What the model is for, as its `doc_string`. */
  readonly docString?: string;
  /** Further entries of `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export const graphToOnnxOptions: readonly (keyof GraphToOnnxOptions)[] = ["opset", "producer", "docString", "metadata"];

/** What a caller inside of this package knows of a graph. */
export interface GraphParts {
  /** Inputs and outputs that carry a state, besides those of `graph.state`. */
  readonly state?: readonly StateBinding[];
  /** What initialisers are called, where constants have names. */
  readonly titles?: ReadonlyMap<GraphValue, string>;
}

/**
 * Writes a graph as an ONNX model (a serialised ModelProto, `ir_version` 8 at the default opset).
 *
 * Inputs and outputs keep their names, shapes and dtypes. Constants become initialisers. Each state tensor becomes an input
 * and an output (`stateBindings`), so any runtime carries the state on by feeding outputs back; its initial value is not in
 * the file. Fused sequence ops become ONNX's own RNN, LSTM and GRU nodes (float32 only).
 *
 * Indices of `gather` and `scatterAdd` from -size to -1, out of range in the op table, count from the end in ONNX.
 *
 * @throws GraphError that lists every node which cannot be lowered, with the reason and the remedy.
 * @throws ArgumentError for an opset that the lowering does not know.
 * @see https://onnx.ai/onnx/operators/
 *
 * @example
 * ```ts
 * import { graphToOnnx } from "@unrolled/onnx";
 * const bytes = graphToOnnx(graph, { opset: 17 });
 * ```
 */
export function graphToOnnx(graph: Graph, options: GraphToOnnxOptions = {}): Uint8Array {
  requireKnownOptions("graphToOnnx", options, graphToOnnxOptions);
  return writeModel("graphToOnnx", graph, options, {});
}

/** `graphToOnnx` for a caller that knows more of the graph; `op` is the caller in messages about options. */
export function writeModel(
  op: string,
  graph: Graph,
  { opset = minimumOpset, producer, docString = "", metadata = {} }: GraphToOnnxOptions,
  { state = [], titles }: GraphParts,
): Uint8Array {
  const irVersion = typeof opset === "number" ? irVersions[opset] : undefined;
  if (irVersion === undefined)
    throw new ArgumentError(
      op,
      `opset ${JSON.stringify(opset)}`,
      `use an integer from ${minimumOpset} to ${maximumOpset}`,
    );
  if (Object.hasOwn(metadata, stateMetadataKey))
    throw new ArgumentError(op, `metadata "${stateMetadataKey}" is written by the export`, "use another key");
  const bindings = [...state, ...stateBindings(graph)];
  const entries = Object.entries(metadata);
  if (bindings.length > 0) entries.push([stateMetadataKey, JSON.stringify(bindings)]);
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    producerName: producer?.name ?? "unrolled",
    producerVersion: producer?.version ?? "",
    docString,
    graph: lowerGraph(graph, opset, titles),
    metadataProps: entries.map(([key, value]) => ({ key, value })),
  });
  return toBinary(ModelProtoSchema, model);
}

function lowerGraph(graph: Graph, opset: number, titles: GraphParts["titles"]): GraphProto {
  const outputs = [
    ...graph.outputs,
    ...graph.state.map(({ name, output }) => ({ name: `${name}.next`, value: output })),
  ];
  const inputs = [...graph.inputs, ...graph.state.map(({ name, input }) => ({ name, value: input }))];
  const names = checkNames(inputs, outputs);
  if (outputs.length === 0) {
    throw new GraphError("graphToOnnx", `graph "${graph.name}" has no outputs`, "name at least one output");
  }
  const builder = new ModelBuilder(opset, names);
  builder.readSizesFrom(inputs, graph.dims);
  const operands = new Operands(builder, graph, inputs, titles);
  lowerNodes(builder, graph, operands);
  bindOutputs(builder, operands, outputs);
  const used = withoutUnused(
    builder.nodes,
    builder.initializers,
    outputs.map(({ name }) => name),
  );
  if (graph.state.length > 0) withoutNodeNames(used.nodes);
  return create(GraphProtoSchema, {
    name: graph.name === "" ? "graph" : graph.name,
    node: used.nodes,
    initializer: used.initializers,
    input: inputs.map(({ name, value }) => valueInfo(name, operands.sizes(value), value.dtype)),
    output: outputs.map(({ name, value }) => valueInfo(name, operands.sizes(value), value.dtype)),
  });
}
