import type { BoundNode } from "../bind/bound.js";
import type { AnyPiece } from "../plan/piece.js";
import type { HostOps } from "./host.js";

/** Turns nodes into pieces of code. */
export function piecesOf(nodes: readonly BoundNode[], host: HostOps): AnyPiece[] {
  return nodes.map((node): AnyPiece => {
    if (node.kind === "scan") return { kind: "scan", node, body: piecesOf(node.nodes, host) };
    return node.kind === "op" ? host.op(node) : host.backward(node);
  });
}
