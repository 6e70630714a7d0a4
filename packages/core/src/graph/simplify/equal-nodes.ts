import { formatSize, type Graph, type GraphNode, type GraphValue, type ScanNode, type Size } from "@unrolled/backend";
import { pairedForwards, Rewrite } from "./rewrite.js";

/**
 * Makes nodes that compute the same from the same inputs into one; in a scan's body, with others of that body. Fused nodes with a
 * gradient stay apart.
 */
export function mergeEqualNodes(graph: Graph): Graph {
  const paired = pairedForwards(graph.nodes);
  const rewrite = new Rewrite();
  const numbers = new Map<GraphValue, number>();
  const numberOf = (value: GraphValue): number => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  };
  const keyOf = (node: GraphNode & { kind: "op" }): string => {
    const inputs = node.inputs.map((value) => (value ? numberOf(rewrite.read(value)) : "-"));
    const outputs = node.outputs.map((value) => value?.dtype ?? "-");
    return JSON.stringify([node.op, inputs, outputs, { ...node.attrs, ...graph.dims?.attrs.get(node) }], exactly);
  };
  const merge = (nodes: readonly GraphNode[]): GraphNode[] => {
    const first = new Map<string, GraphNode>();
    return nodes.flatMap((node) => {
      if (node.kind !== "op" || paired.has(node)) return rewrite.copy(node, mergeBody);
      const key = keyOf(node);
      const twin = first.get(key);
      if (twin === undefined) {
        first.set(key, node);
        return rewrite.copy(node, mergeBody);
      }
      node.outputs.forEach((value, i) => {
        const same = twin.outputs[i];
        if (value && same) rewrite.substitute(value, same);
      });
      return [];
    });
  };
  const mergeBody = (node: ScanNode): ScanNode => {
    const nodes = merge(node.body.nodes);
    const { nextStates, results } = node.body;
    return {
      ...node,
      body: {
        ...node.body,
        nodes,
        nextStates: nextStates.map((value) => rewrite.read(value)),
        results: results.map((value) => rewrite.read(value)),
      },
    };
  };
  return rewrite.finish(graph, merge(graph.nodes));
}

/** Numbers that JSON has no words for, and sizes, each in a form of its own. */
function exactly(_name: string, value: unknown): unknown {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);
  return isSize(value) ? { size: formatSize(value) } : value;
}

const isSize = (value: unknown): value is Exclude<Size, number> =>
  typeof value === "object" && value !== null && "terms" in value;
