import { BackendError, formatShape, type Graph, type HostTensor, ShapeError } from "@unrolled/backend";
import type { GraphProto, ModelProto, NodeProto } from "onnx-buf";
import type { Tensors } from "./engine.js";

const recurrent: ReadonlySet<string> = new Set(["RNN", "LSTM", "GRU", "DynamicQuantizeLSTM", "AttnLSTM"]);

const why = "ONNX Runtime ends the process on an empty batch, and gives stray numbers as the state after no steps";

/** The recurrent op types of a model, those in sub-graphs and functions included; each once. */
export function recurrentOpsOf({ graph, functions }: ModelProto): readonly string[] {
  const found = new Set<string>();
  const visit = (nodes: readonly NodeProto[]): void => {
    for (const { opType, attribute } of nodes) {
      if (recurrent.has(opType)) found.add(opType);
      for (const { g, graphs } of attribute) for (const inner of g ? [g, ...graphs] : graphs) visitGraph(inner);
    }
  };
  const visitGraph = ({ node }: GraphProto): void => visit(node);
  if (graph) visitGraph(graph);
  for (const { node } of functions) visit(node);
  return [...found];
}

/** Refuses inputs without elements for a model that has recurrent ops. */
export function requireElements(op: string, recurrentOps: readonly string[], feeds: Tensors): void {
  if (recurrentOps.length === 0) return;
  for (const [name, { dims }] of Object.entries(feeds)) {
    if (!dims.includes(0)) continue;
    throw new ShapeError(
      op,
      `input "${name}" ${formatShape(dims)} has no elements, and the model has ${recurrentOps.join(", ")}`,
      `give at least one sequence of one step: ${why}`,
    );
  }
}

/**
 * Refuses sizes of 0 for a graph whose file has recurrent ops. A size that is 0 in every run is none of them: nodes without results
 * are not in the file.
 */
export function requireSizes(
  { name: title, inputs, dims }: Graph,
  recurrentOps: readonly string[],
  given: Readonly<Record<string, HostTensor>>,
): void {
  if (recurrentOps.length === 0 || !dims) return;
  for (const { name, value } of inputs) {
    const { shape } = given[name];
    const sizes = dims.shapes.get(value) ?? [];
    if (!shape.some((size, axis) => size === 0 && typeof sizes[axis] !== "number" && axis in sizes)) continue;
    throw new BackendError(
      "onnxRuntime",
      `input "${name}" ${formatShape(shape)} has no elements, and graph "${title}" has ${recurrentOps.join(", ")}`,
      `leave such runs out, or use another backend: ${why}`,
    );
  }
}
