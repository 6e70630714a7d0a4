import { type Backend, type Graph, type GraphNode, type GraphValue, sizeOf, type TypedArray } from "@unrolled/backend";
import { Tensor } from "../tensor.js";
import { executeNodes } from "./execute.js";

/** Larger results are left to the runtime: a file should not carry what one op makes. */
const largestFolded = 4096;

type Substitution = ReadonlyMap<GraphValue, GraphValue>;

function substitute(value: GraphValue | null, by: Substitution): GraphValue | null {
  return value === null ? null : (by.get(value) ?? value);
}

/** Forward nodes whose reserve a backward node reads. */
function pairedForwards(graph: Graph): ReadonlySet<GraphNode> {
  return new Set(graph.nodes.flatMap((node) => (node.kind === "backward" ? [node.forward] : [])));
}

/** The graph with values read from elsewhere; backward nodes follow their forward node to its copy. */
function rewire(graph: Graph, nodes: readonly GraphNode[], by: Substitution): Graph {
  const copies = new Map<GraphNode, GraphNode>();
  for (const node of nodes) {
    const inputs = node.inputs.map((value) => substitute(value, by));
    if (node.kind === "scan") throw new Error("scan"); // TODO
    const copy: GraphNode =
      node.kind === "backward"
        ? { ...node, inputs, forward: (copies.get(node.forward) ?? node.forward) as typeof node.forward }
        : { ...node, inputs };
    copies.set(node, copy);
  }
  const read = (value: GraphValue): GraphValue => by.get(value) ?? value;
  return {
    ...graph,
    nodes: [...copies.values()],
    outputs: graph.outputs.map(({ name, value }) => ({ name, value: read(value) })),
    state: graph.state.map((state) => ({ ...state, output: read(state.output) })),
  };
}

/** Drops nodes and constants that no output and no state depends on. */
function removeDeadCode(graph: Graph): Graph {
  const needed = new Set<GraphValue>([
    ...graph.outputs.map(({ value }) => value),
    ...graph.state.map(({ output }) => output),
  ]);
  const kept = new Set<GraphNode>();
  for (const node of graph.nodes.toReversed()) {
    const used = kept.has(node) || node.outputs.some((value) => value !== null && needed.has(value));
    if (!used) continue;
    kept.add(node);
    for (const value of node.inputs) if (value) needed.add(value);
    if (node.kind === "backward") kept.add(node.forward);
  }
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => kept.has(node)),
    constants: new Map([...graph.constants].filter(([value]) => needed.has(value))),
  };
}

/** Makes nodes that compute the same from the same inputs into one. Fused nodes with a gradient stay apart. */
function mergeEqualNodes(graph: Graph): Graph {
  const paired = pairedForwards(graph);
  const first = new Map<string, GraphNode>();
  const by = new Map<GraphValue, GraphValue>();
  const nodes = graph.nodes.filter((node) => {
    if (node.kind !== "op" || paired.has(node)) return true;
    const inputs = node.inputs.map((value) => substitute(value, by)?.id ?? "-");
    const key = JSON.stringify([node.op, inputs, node.attrs, node.outputs.map((value) => value?.dtype ?? null)]);
    const twin = first.get(key);
    if (twin === undefined) {
      first.set(key, node);
      return true;
    }
    node.outputs.forEach((value, i) => {
      const same = twin.outputs[i];
      if (value && same) by.set(value, same);
    });
    return false;
  });
  return rewire(graph, nodes, by);
}

function isFoldable({ shape, dtype }: GraphValue, { capabilities }: Backend): boolean {
  return capabilities.dtypes.has(dtype) && sizeOf(shape) <= largestFolded;
}

/** Computes, on a backend that can be read at once, what depends on constants alone. */
function foldConstants(graph: Graph, backend: Backend): Graph {
  const { readSync } = backend;
  if (!readSync) return graph;
  const known = new Map<GraphValue, TypedArray>(graph.constants);
  const paired = pairedForwards(graph);
  const nodes = graph.nodes.filter((node) => {
    const foldable =
      node.kind === "op" &&
      node.inputs.every((value) => value === null || known.has(value)) &&
      node.outputs.every((value) => value === null || isFoldable(value, backend)) &&
      !paired.has(node);
    if (!foldable) return true;
    const values = new Map<GraphValue, Tensor>();
    for (const value of node.inputs) {
      const data = value ? known.get(value) : undefined;
      if (!value || !data) continue;
      values.set(value, new Tensor(backend, backend.upload(data, value.shape, value.dtype), value.shape, value.dtype));
    }
    executeNodes({ ...graph, nodes: [node] }, backend, values);
    for (const value of node.outputs) if (value) known.set(value, (values.get(value) as Tensor).dataSync());
    return false;
  });
  return { ...graph, nodes, constants: known };
}

/**
 * The same graph with less to do: equal nodes merged, constants computed (with a backend that can be read at once), and
 * whatever nothing depends on left out.
 *
 * @example
 * console.log(graphToText(simplifyGraph(graph, cpu())));
 */
export function simplifyGraph(graph: Graph, backend?: Backend): Graph {
  const folded = backend ? foldConstants(graph, backend) : graph;
  return removeDeadCode(mergeEqualNodes(folded));
}
