import type { BoundNode } from "../bind/bound.js";
import type { AnyPiece } from "../plan/piece.js";
import { groupPiece } from "./elementwise/emit-group.js";
import { groupNodes } from "./elementwise/group.js";
import type { HostOps } from "./host.js";
import type { Uses } from "./uses.js";

/** Turns nodes into pieces of code. */
export function piecesOf(nodes: readonly BoundNode[], uses: Uses, host: HostOps): AnyPiece[] {
  return groupNodes(nodes).map((part): AnyPiece => {
    if ("nodes" in part && !("kind" in part)) return groupPiece(part, uses);
    if (part.kind === "scan") return { kind: "scan", node: part, body: piecesOf(part.nodes, uses, host) };
    return part.kind === "op" ? host.op(part) : host.backward(part);
  });
}
