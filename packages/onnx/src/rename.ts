import type { NodeProto } from "onnx-buf";

/** Gives tensors other names in nodes and in their sub-graphs. */
export function renameIn(nodes: readonly NodeProto[], names: ReadonlyMap<string, string>): void {
  const replace = (list: string[]): string[] => list.map((name) => names.get(name) ?? name);
  for (const node of nodes) {
    node.input = replace(node.input);
    node.output = replace(node.output);
    for (const { g } of node.attribute) if (g) renameIn(g.node, names);
  }
}
