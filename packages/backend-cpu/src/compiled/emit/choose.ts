import type { KernelExports } from "../../wasm/kernel-exports.js";
import type { BoundBackward, BoundNode, BoundOp } from "../bind/bound.js";
import type { AnyPiece, Piece } from "../plan/piece.js";
import { groupPiece } from "./elementwise/emit-group.js";
import { groupNodes } from "./elementwise/group.js";
import type { HostOps } from "./host.js";
import { gatherPiece, scatterAddPiece } from "./indexing.js";
import { concatPiece, padPiece } from "./join.js";
import { linearBackwardPiece, linearPiece, matmulPiece } from "./matmul/matmul.js";
import { crossEntropyPiece, layerNormPiece, normalisedBackwardPiece, softmaxPiece } from "./normalised.js";
import { reducePiece } from "./reduce.js";
import type { Sequences } from "./sequence/sequence.js";
import type { Uses } from "./uses.js";

export interface Means {
  readonly uses: Uses;
  readonly host: HostOps;
  readonly kernels: KernelExports;
  readonly sequences: Sequences;
}

/** Turns nodes into pieces of code. */
export function piecesOf(nodes: readonly BoundNode[], means: Means): AnyPiece[] {
  return groupNodes(nodes).map((part): AnyPiece => {
    if (!("kind" in part)) return groupPiece(part, means.uses);
    if (part.kind === "scan") return { kind: "scan", node: part, body: piecesOf(part.nodes, means) };
    if (part.kind === "op") return opPiece(part, means) ?? means.host.op(part);
    return backwardPiece(part, means) ?? means.host.backward(part);
  });
}

function opPiece(node: BoundOp, { kernels, sequences }: Means): Piece | null {
  switch (node.op) {
    case "matmul":
      return matmulPiece(node, kernels);
    case "linear":
      return linearPiece(node, kernels);
    case "softmax":
    case "logSoftmax":
      return softmaxPiece(node);
    case "softmaxCrossEntropy":
      return crossEntropyPiece(node);
    case "layerNorm":
      return layerNormPiece(node);
    case "sum":
    case "max":
      return reducePiece(node);
    case "rnnSequence":
    case "lstmSequence":
    case "gruSequence":
      return sequences.forward(node);
    case "concat":
      return concatPiece(node);
    case "gather":
      return gatherPiece(node);
    case "scatterAdd":
      return scatterAddPiece(node);
    case "pad":
      return padPiece(node);
    default:
      return null;
  }
}

function backwardPiece(node: BoundBackward, { kernels, sequences }: Means): Piece | null {
  switch (node.op) {
    case "linear":
      return linearBackwardPiece(node, kernels);
    case "softmax":
    case "logSoftmax":
    case "softmaxCrossEntropy":
    case "layerNorm":
      return normalisedBackwardPiece(node);
    default:
      return sequences.backward(node);
  }
}
