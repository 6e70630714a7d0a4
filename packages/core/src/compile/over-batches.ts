import type { Graph, GraphDims, GraphState, GraphValue, Meta, ScanNode, Size } from "@unrolled/backend";

const exampleBatches = 2;

/** A size name that the graph does not use. */
function unusedName(graph: Graph): string {
  let name = "batches";
  while (graph.dims && name in graph.dims.sizes) name = `${name}_`;
  return name;
}

/** A graph that runs another many times in a row: inputs and outputs get a first dimension, and the state goes from run to run. */
export function overBatches(graph: Graph): Graph {
  const name = unusedName(graph);
  const batches: Size = { terms: [{ coefficient: 1, factors: [name] }] };
  const shapes = new Map<GraphValue, readonly Size[]>(graph.dims?.shapes);
  let nextId = 1 + largestId(graph);
  const make = ({ shape, dtype }: Meta): GraphValue => ({ id: nextId++, shape, dtype });
  const stacked = (value: GraphValue): GraphValue => {
    const outer = make({ shape: [exampleBatches, ...value.shape], dtype: value.dtype });
    shapes.set(outer, [batches, ...(graph.dims?.shapes.get(value) ?? value.shape)]);
    return outer;
  };
  const inputs = graph.inputs.map(({ name, value }) => ({ name, value: stacked(value) }));
  const outputs = graph.outputs.map(({ name, value }) => ({ name, value: stacked(value) }));
  const state = graph.state.map(
    (inner): GraphState => ({ ...inner, input: make(inner.input), output: make(inner.output) }),
  );
  const scan: ScanNode = {
    kind: "scan",
    op: "scan",
    reverse: false,
    inputs: [...state.map(({ input }) => input), ...inputs.map(({ value }) => value)],
    outputs: [...state.map(({ output }) => output), ...outputs.map(({ value }) => value)],
    body: {
      states: graph.state.map(({ input }) => input),
      slices: graph.inputs.map(({ value }) => value),
      nodes: graph.nodes,
      nextStates: graph.state.map(({ output }) => output),
      results: graph.outputs.map(({ value }) => value),
    },
  };
  const dims: GraphDims = {
    sizes: { ...graph.dims?.sizes, [name]: exampleBatches },
    shapes,
    attrs: graph.dims?.attrs ?? new Map(),
  };
  return { name: graph.name, inputs, outputs, state, constants: graph.constants, nodes: [scan], dims };
}

function largestId(graph: Graph): number {
  let largest = 0;
  const see = (values: readonly (GraphValue | null)[]): void => {
    for (const value of values) if (value) largest = Math.max(largest, value.id);
  };
  const visit = (nodes: Graph["nodes"]): void => {
    for (const node of nodes) {
      see(node.inputs);
      see(node.outputs);
      if (node.kind !== "scan") continue;
      see([...node.body.states, ...node.body.slices]);
      visit(node.body.nodes);
    }
  };
  visit(graph.nodes);
  see(graph.inputs.map(({ value }) => value));
  see(graph.state.flatMap(({ input, output }) => [input, output]));
  see([...graph.constants.keys()]);
  return largest;
}
