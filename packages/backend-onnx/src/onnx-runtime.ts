import { type Graph, type Program, type Runner, requireKnownOptions } from "@unrolled/backend";
import { graphToOnnx } from "@unrolled/onnx";
import { readModel } from "./model-file.js";
import { type EngineOptions, engineOptions, openEngine } from "./open-engine.js";
import { checkState, OnnxProgram } from "./program.js";
import { recurrentOpsOf } from "./recurrent-nodes.js";

/** Options of `onnxRuntime`. */
export interface OnnxRuntimeOptions extends EngineOptions {}

/**
 * A runner that lowers each graph to ONNX and runs it in ONNX Runtime. Install onnxruntime-node (Node) or onnxruntime-web.
 *
 * The prepared program keeps the graph's state inside. Runs of one program queue up in the order of their calls; do not
 * change an input's data before its run has resolved.
 *
 * @throws BackendError if the package or the provider is missing, or refuses the model, and for runs with a named size of 0 of
 * a graph with RNN, LSTM or GRU nodes, which crash ONNX Runtime (training steps do without these nodes); ArgumentError for an
 * option that does not exist.
 * @see https://onnxruntime.ai/docs/api/js/
 *
 * @example
 * ```ts
 * const runner = await onnxRuntime({ threads: 1 });
 * const program = await runner.prepare(graph);
 * const { y } = await program.run({ x: { data: Float32Array.of(1, 2), shape: [2], dtype: "float32" } });
 * await program.dispose();
 * ```
 */
export async function onnxRuntime(options: OnnxRuntimeOptions = {}): Promise<Runner> {
  requireKnownOptions("onnxRuntime", options, engineOptions);
  const engine = await openEngine("onnxRuntime", options);
  const { graphOptimization } = options;
  return {
    contract: "v1",
    name: `onnx-${engine.provider}`,
    async prepare(graph: Graph): Promise<Program> {
      checkState(graph);
      const bytes = graphToOnnx(graph);
      const tuning = graphOptimization === undefined ? {} : { graphOptimization };
      const session = await engine.createSession(`graph "${graph.name}"`, bytes, tuning);
      return new OnnxProgram(engine.ort, graph, session, recurrentOpsOf(readModel(bytes)));
    },
  };
}
