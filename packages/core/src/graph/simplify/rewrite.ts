import type { Graph, GraphNode, GraphValue, OpNode, ScanNode, SizedAttrs } from "@unrolled/backend";

/** Copies of a graph's nodes: gradients follow their forward node to its copy, and sized attributes each node. */
export class Rewrite {
  readonly #copies = new Map<GraphNode, GraphNode>();
  readonly #by = new Map<GraphValue, GraphValue>();

  /** From now on reads of `value` become reads of `other`. */
  substitute(value: GraphValue, other: GraphValue): void {
    this.#by.set(value, other);
  }

  read<V extends GraphValue | null>(value: V): V | GraphValue {
    return value === null ? value : (this.#by.get(value) ?? value);
  }

  /** A node that reads what was substituted; a scan gets its body's nodes from `body`, an op the outputs that are left. */
  copy(
    node: GraphNode,
    body: (node: ScanNode) => ScanNode,
    outputs: readonly (GraphValue | null)[] = node.outputs,
  ): GraphNode {
    const inputs = node.inputs.map((value) => this.read(value));
    const copy: GraphNode =
      node.kind === "scan"
        ? body({ ...node, inputs: inputs as GraphValue[] })
        : node.kind === "backward"
          ? { ...node, inputs, forward: (this.#copies.get(node.forward) ?? node.forward) as typeof node.forward }
          : ({ ...node, inputs, outputs } as OpNode);
    this.#copies.set(node, copy);
    return copy;
  }

  /** The graph with its outputs, states and sizes carried over to the copies. */
  finish(graph: Graph, nodes: readonly GraphNode[]): Graph {
    const { dims } = graph;
    const attrs = new Map<GraphNode, SizedAttrs>();
    for (const [node, sized] of dims?.attrs ?? []) {
      const copy = this.#copies.get(node);
      if (copy) attrs.set(copy, sized);
    }
    return {
      ...graph,
      nodes,
      outputs: graph.outputs.map(({ name, value }) => ({ name, value: this.read(value) })),
      state: graph.state.map((state) => ({ ...state, output: this.read(state.output) })),
      ...(dims && { dims: { ...dims, attrs } }),
    };
  }
}

/** Forward nodes whose reserve a backward node reads. */
export function pairedForwards(nodes: readonly GraphNode[]): ReadonlySet<GraphNode> {
  return new Set(
    nodes.flatMap((node) =>
      node.kind === "backward" ? [node.forward] : node.kind === "scan" ? [...pairedForwards(node.body.nodes)] : [],
    ),
  );
}
