import type { GraphNode } from "@unrolled/backend";

/** Visits every node, those inside of scans included. */
export function forEachNode(nodes: readonly GraphNode[], visit: (node: GraphNode) => void): void {
  for (const node of nodes) {
    visit(node);
    if (node.kind === "scan") forEachNode(node.body.nodes, visit);
  }
}
