import type { AttributeProto, NodeProto, TensorProto } from "onnx-buf";

const withOptionalOutputs = new Set(["RNN", "LSTM", "GRU"]);

/** Every name that nodes and their sub-graphs read. */
function readsOf(nodes: readonly NodeProto[], into: Set<string>): void {
  for (const node of nodes) {
    for (const name of node.input) into.add(name);
    for (const { g } of node.attribute) {
      if (!g) continue;
      for (const { name } of g.output) into.add(name);
      readsOf(g.node, into);
    }
  }
}

/** Takes from a Scan the results that nothing reads; its states stay, each of which has an input. */
function dropUnreadResults(scan: NodeProto, read: ReadonlySet<string>): void {
  const attribute = (name: string): AttributeProto | undefined => scan.attribute.find((one) => one.name === name);
  const states = scan.input.length - Number(attribute("num_scan_inputs")?.i ?? 0);
  const kept = scan.output.flatMap((name, i) => (i < states || read.has(name) ? [i] : []));
  if (kept.length === scan.output.length) return;
  scan.output = kept.map((i) => scan.output[i]);
  const body = attribute("body")?.g;
  if (body) body.output = kept.map((i) => body.output[i]);
  const directions = attribute("scan_output_directions");
  if (directions) directions.ints = directions.ints.slice(0, kept.length - states);
  if (directions?.ints.length === 0) scan.attribute = scan.attribute.filter((one) => one !== directions);
}

/** The nodes that something depends on; recurrent ones and scans without the outputs that nothing reads. */
function usedNodes(nodes: readonly NodeProto[], outputs: readonly string[]): NodeProto[] {
  const read = new Set(outputs);
  const kept: NodeProto[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.output.some((name) => read.has(name))) continue;
    if (withOptionalOutputs.has(node.opType)) {
      node.output = node.output.map((name) => (read.has(name) ? name : ""));
      while (node.output.at(-1) === "") node.output.pop();
    }
    if (node.opType === "Scan") dropUnreadResults(node, read);
    for (const { g } of node.attribute) {
      if (g)
        g.node = usedNodes(
          g.node,
          g.output.map(({ name }) => name),
        );
    }
    readsOf([node], read);
    kept.push(node);
  }
  return kept.reverse();
}

/** The part of a main graph that its outputs depend on. */
export function withoutUnused(
  nodes: readonly NodeProto[],
  initializers: readonly TensorProto[],
  outputs: readonly string[],
): { nodes: NodeProto[]; initializers: TensorProto[] } {
  const kept = usedNodes(nodes, outputs);
  const read = new Set(outputs);
  readsOf(kept, read);
  return { nodes: kept, initializers: initializers.filter(({ name }) => read.has(name)) };
}
