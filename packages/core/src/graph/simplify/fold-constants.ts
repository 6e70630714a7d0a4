import {
  type Backend,
  type Graph,
  type GraphNode,
  type GraphValue,
  type OpNode,
  type ScanNode,
  sizeOf,
  type TypedArray,
} from "@unrolled/backend";
import { Tensor } from "../../tensor.js";
import { executeNodes } from "../execute.js";
import { pairedForwards, Rewrite } from "./rewrite.js";

/** Larger results are left to the runtime: a file should not carry what one op makes. */
const largestFolded = 4096;

/** Computes, on a backend that can be read at once, what depends on constants alone and not on a named size. */
export function foldConstants(graph: Graph, backend: Backend): Graph {
  if (!backend.readSync) return graph;
  const known = new Map<GraphValue, TypedArray>(graph.constants);
  const paired = pairedForwards(graph.nodes);
  const { dims } = graph;
  const isFoldable = (node: GraphNode): node is OpNode =>
    node.kind === "op" &&
    !paired.has(node) &&
    !dims?.attrs.has(node) &&
    node.inputs.every((value) => value === null || known.has(value)) &&
    node.outputs.every(
      (value) =>
        value === null ||
        (!dims?.shapes.has(value) &&
          backend.capabilities.dtypes.has(value.dtype) &&
          sizeOf(value.shape) <= largestFolded),
    );
  const rewrite = new Rewrite();
  const fold = (nodes: readonly GraphNode[]): GraphNode[] =>
    nodes.flatMap((node) => {
      if (!isFoldable(node)) return rewrite.copy(node, foldBody);
      for (const [value, data] of compute(node, backend, known)) known.set(value, data);
      return [];
    });
  const foldBody = (node: ScanNode): ScanNode => ({ ...node, body: { ...node.body, nodes: fold(node.body.nodes) } });
  const nodes = fold(graph.nodes);
  return { ...rewrite.finish(graph, nodes), constants: known };
}

function compute(
  node: OpNode,
  backend: Backend,
  known: ReadonlyMap<GraphValue, TypedArray>,
): readonly (readonly [GraphValue, TypedArray])[] {
  const values = new Map<GraphValue, Tensor>();
  for (const value of node.inputs) {
    const data = value ? known.get(value) : undefined;
    if (!value || !data) continue;
    values.set(value, new Tensor(backend, backend.upload(data, value.shape, value.dtype), value.shape, value.dtype));
  }
  executeNodes({ nodes: [node] }, backend, values);
  return node.outputs.flatMap((value) => (value ? [[value, (values.get(value) as Tensor).dataSync()]] : []));
}
