import { type Graph, GraphError, type GraphValue } from "@unrolled/backend";
import { withBackend } from "../default-backend.js";
import { bufferOf } from "../engine.js";
import { Tensor } from "../tensor.js";
import { executeNodes } from "./execute.js";
import { Tracer } from "./tracer.js";

/**
 * The same graph with every fused op, its gradient and every optimiser update written out in primitives, for runners and
 * formats that have no such nodes. Sequences and scans are unrolled in time.
 *
 * @throws GraphError for a graph with named sizes, as nothing can be unrolled over a number of steps that differs
 */
export function lowerFused(graph: Graph): Graph {
  if (graph.dims) {
    throw new GraphError(
      "lowerFused",
      `${graph.name} has named sizes (${Object.keys(graph.dims.sizes).join(", ")}), and sequences are unrolled in time`,
      "trace it with fixed sizes, or keep the fused ops",
    );
  }
  const tracer = new Tracer({ fused: false });
  const values = new Map<GraphValue, Tensor>();
  const carry = (value: GraphValue, lowered: GraphValue): GraphValue => {
    values.set(value, new Tensor(tracer, lowered, value.shape, value.dtype));
    return lowered;
  };
  const inputs = graph.inputs.map(({ name, value }) => ({ name, value: carry(value, tracer.value(value)) }));
  const stateInputs = graph.state.map(({ input }) => carry(input, tracer.value(input)));
  for (const [value, data] of graph.constants) carry(value, tracer.upload(data, value.shape, value.dtype));
  withBackend(tracer, () => executeNodes(graph, tracer, values));
  const find = (value: GraphValue): GraphValue => bufferOf("lowerFused", values.get(value) as Tensor) as GraphValue;
  return {
    name: graph.name,
    inputs,
    outputs: graph.outputs.map(({ name, value }) => ({ name, value: find(value) })),
    state: graph.state.map((state, i) => ({ ...state, input: stateInputs[i], output: find(state.output) })),
    constants: tracer.constants,
    nodes: tracer.nodes,
  };
}
