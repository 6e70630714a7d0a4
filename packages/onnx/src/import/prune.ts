import type { GraphNode, GraphValue } from "@unrolled/backend";

/** The nodes of which something is needed; adds to `needed` what they read. Outputs that nobody needs become null. */
export function pruned(nodes: readonly GraphNode[], needed: Set<GraphValue>): GraphNode[] {
  const kept: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((value) => value && needed.has(value))) continue;
    for (const value of node.inputs) if (value) needed.add(value);
    const outputs = node.outputs.map((value) => (value && needed.has(value) ? value : null));
    if (node.kind !== "scan") {
      kept.push({ ...node, outputs });
      continue;
    }
    const { body } = node;
    for (const value of [...body.nextStates, ...body.results]) needed.add(value);
    kept.push({ ...node, outputs, body: { ...body, nodes: pruned(body.nodes, needed) } });
  }
  return kept.reverse();
}
