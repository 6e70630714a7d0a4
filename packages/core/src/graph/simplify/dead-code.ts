import type { Graph, GraphDims, GraphNode, GraphValue, ScanNode } from "@unrolled/backend";
import { forEachNode } from "../walk.js";
import { Rewrite } from "./rewrite.js";

type Part = "states" | "slices" | "results";

/** What of a scan is used, by position. */
type Live = Readonly<Record<Part, Set<number>>>;

/** Drops nodes, constants, and states, slices and results of scans that no output and no state of the graph depends on. */
export function removeDeadCode(graph: Graph): Graph {
  const usage = new Usage();
  for (const { value } of graph.outputs) usage.needed.add(value);
  for (const { output } of graph.state) usage.needed.add(output);
  usage.visit(graph.nodes);

  const rewrite = new Rewrite();
  const keep = (nodes: readonly GraphNode[]): GraphNode[] =>
    nodes
      .filter((node) => usage.kept.has(node))
      .map((node) =>
        rewrite.copy(
          node,
          (copy) => trim(copy, usage.live.get(node as ScanNode) as Live),
          node.outputs.map((value) => usage.wanted(value)),
        ),
      );
  const trim = (node: ScanNode, { states, slices, results }: Live): ScanNode => {
    const { body, inputs, outputs } = node;
    const [S, K] = [body.states.length, body.slices.length];
    const pick = <V>(list: readonly V[], live: ReadonlySet<number>): V[] => list.filter((_, i) => live.has(i));
    return {
      ...node,
      body: {
        states: pick(body.states, states),
        slices: pick(body.slices, slices),
        nodes: keep(body.nodes),
        nextStates: pick(body.nextStates, states),
        results: pick(body.results, results),
      },
      inputs: [...pick(inputs.slice(0, S), states), ...pick(inputs.slice(S, S + K), slices)],
      outputs: [
        ...pick(
          outputs.slice(0, S).map((value) => usage.wanted(value)),
          states,
        ),
        ...pick(outputs.slice(S), results),
      ],
    };
  };
  const nodes = keep(graph.nodes);
  const constants = new Map([...graph.constants].filter(([value]) => usage.needed.has(value)));
  return withLiveSizes({ ...rewrite.finish(graph, nodes), constants });
}

class Usage {
  readonly needed = new Set<GraphValue>();
  readonly kept = new Set<GraphNode>();
  readonly live = new Map<ScanNode, Live>();

  /** The value, null where nothing reads it. */
  wanted(value: GraphValue | null): GraphValue | null {
    return value !== null && this.needed.has(value) ? value : null;
  }

  /** Goes through nodes from the last to the first. */
  visit(nodes: readonly GraphNode[]): void {
    for (const node of nodes.toReversed()) {
      if (!this.kept.has(node) && node.outputs.every((value) => this.wanted(value) === null)) continue;
      this.kept.add(node);
      if (node.kind === "scan") {
        this.#visitScan(node);
        continue;
      }
      for (const value of node.inputs) if (value) this.needed.add(value);
      if (node.kind === "backward") this.kept.add(node.forward);
    }
  }

  /** A state lives if its last value is used, or if the body reads it for something that lives. */
  #visitScan(node: ScanNode): void {
    const { body, inputs, outputs } = node;
    const S = body.states.length;
    const positions = (list: readonly (GraphValue | null)[]): Set<number> =>
      new Set(list.flatMap((value, i) => (this.wanted(value) ? [i] : [])));
    const results = positions(outputs.slice(S));
    for (const i of results) this.needed.add(body.results[i]);
    let states = positions(outputs.slice(0, S));
    for (let before = -1; before < states.size; ) {
      before = states.size;
      for (const i of states) this.needed.add(body.nextStates[i]);
      this.visit(body.nodes);
      states = new Set([...states, ...positions(body.states)]);
    }
    // the first slice is there for the number of steps, if for nothing else
    const read = positions(body.slices);
    const slices = read.size > 0 ? read : new Set([0]);
    for (const i of states) this.needed.add(inputs[i]);
    for (const i of slices) this.needed.add(inputs[S + i]);
    this.live.set(node, { states, slices, results });
  }
}

/** Sizes of values and nodes that are still there. */
function withLiveSizes(graph: Graph): Graph {
  const { dims } = graph;
  if (!dims) return graph;
  const values = new Set<GraphValue | null>([
    ...graph.inputs.map(({ value }) => value),
    ...graph.state.map(({ input }) => input),
    ...graph.constants.keys(),
  ]);
  forEachNode(graph.nodes, (node) => {
    for (const value of node.outputs) values.add(value);
    if (node.kind === "scan") for (const value of [...node.body.states, ...node.body.slices]) values.add(value);
  });
  const shapes: GraphDims["shapes"] = new Map([...dims.shapes].filter(([value]) => values.has(value)));
  return { ...graph, dims: { ...dims, shapes } };
}
