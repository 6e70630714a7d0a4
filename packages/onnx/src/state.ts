import type { Graph } from "@unrolled/backend";

/** How a state tensor of a graph appears in its ONNX file: feed `output` of one run to `input` of the next. */
export interface StateBinding {
  /** The name of the state tensor in the graph. */
  readonly name: string;
  /** The model's input: the state before the run. Same as `name`. */
  readonly input: string;
  /** The model's output: the state after the run. Always `${name}.next`. */
  readonly output: string;
}

/** The key in the model's `metadata_props` under which the list of `StateBinding`s stands as JSON. Absent without state. */
export const stateMetadataKey = "unrolled.state";

/** The state inputs and outputs of the file that `graphToOnnx` makes of a graph, in the order of `graph.state`. */
export function stateBindings(graph: Graph): StateBinding[] {
  return graph.state.map(({ name }) => ({ name, input: name, output: `${name}.next` }));
}
