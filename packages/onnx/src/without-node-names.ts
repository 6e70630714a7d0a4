import type { NodeProto } from "onnx-buf";

/** Takes off the names of nodes, which repeat those of their results: a fifth of a training step's file. */
export function withoutNodeNames(nodes: readonly NodeProto[]): void {
  for (const node of nodes) {
    node.name = "";
    for (const { g } of node.attribute) if (g) withoutNodeNames(g.node);
  }
}
