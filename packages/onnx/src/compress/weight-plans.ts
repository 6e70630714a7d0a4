import type { NodeProto } from "onnx-buf";
import type { ModelEdit } from "./edit.js";
import { isProductWeight, quantizeProducts } from "./integer-products.js";
import { fitsQuantizedLstm, quantizeLstm } from "./quantized-lstm.js";
import type { CompressedTensor, UntouchedTensor } from "./report.js";
import type { ReadModel, Scope } from "./scopes.js";
import { float16Obstacle, storeFloat16 } from "./store-float16.js";
import { int8Obstacle, storeInt8 } from "./store-int8.js";
import { findWeights, untouched, type Weight } from "./weights.js";

export interface Outcome {
  readonly changed: CompressedTensor[];
  readonly left: UntouchedTensor[];
}

function sizeObstacle(weight: Weight, minimumSize: number): string | null {
  if (weight.uses.length === 0) return "nothing reads it";
  return weight.data.length < minimumSize ? `it has fewer than ${minimumSize} elements` : null;
}

export function compressToFloat16(edit: ModelEdit, model: ReadModel, minimumSize: number): Outcome {
  const { weights, left } = findWeights(model);
  const changed: CompressedTensor[] = [];
  for (const weight of weights) {
    const reason = sizeObstacle(weight, minimumSize) ?? float16Obstacle(weight);
    if (reason === null) changed.push(storeFloat16(edit, weight));
    else left.push(untouched(weight, reason));
  }
  return { changed, left };
}

export interface Int8Plan {
  readonly minimumSize: number;
  readonly perChannel: boolean;
  readonly portable: boolean;
}

export function compressToInt8(edit: ModelEdit, model: ReadModel, plan: Int8Plan): Outcome {
  const { minimumSize, perChannel, portable } = plan;
  const { weights, left } = findWeights(model);
  const changed: CompressedTensor[] = [];
  const waiting = new Set(weights);
  if (!portable) {
    for (const { scope, node, pair } of quantizableLstms(model, weights, minimumSize)) {
      changed.push(...quantizeLstm(edit, scope, node, pair, perChannel));
      for (const weight of pair) waiting.delete(weight);
    }
  }
  const products: Weight[] = [];
  for (const weight of waiting) {
    const reason = sizeObstacle(weight, minimumSize) ?? int8Obstacle(weight);
    if (reason !== null) left.push(untouched(weight, reason));
    else if (isProductWeight(weight)) products.push(weight);
    else {
      const stored = storeInt8(edit, weight, perChannel);
      if (stored) changed.push(stored);
      else left.push(untouched(weight, "with so few weights a channel, the scales take what int8 saves"));
    }
  }
  changed.push(...quantizeProducts(edit, model.scopes, products, perChannel));
  return { changed, left };
}

interface QuantizableLstm {
  readonly scope: Scope;
  readonly node: NodeProto;
  /** Input and recurrent weight. */
  readonly pair: readonly [Weight, Weight];
}

/** LSTM nodes with two constant matrices, of which at least one is large enough; the kernel takes both in eight bits. */
function quantizableLstms(model: ReadModel, weights: readonly Weight[], minimumSize: number): QuantizableLstm[] {
  const inputs = new Map<NodeProto, Map<number, Weight>>();
  for (const weight of weights) {
    for (const { node, index } of weight.uses) {
      if (node?.opType !== "LSTM") continue;
      inputs.set(node, (inputs.get(node) ?? new Map<number, Weight>()).set(index, weight));
    }
  }
  return model.scopes.flatMap((scope) =>
    scope.graph.node.flatMap((node) => {
      const w = inputs.get(node)?.get(1);
      const r = inputs.get(node)?.get(2);
      if (!w || !r || !fitsQuantizedLstm(node, w, r)) return [];
      if (Math.max(w.data.length, r.data.length) < minimumSize) return [];
      return int8Obstacle(w) === null && int8Obstacle(r) === null ? [{ scope, node, pair: [w, r] as const }] : [];
    }),
  );
}
