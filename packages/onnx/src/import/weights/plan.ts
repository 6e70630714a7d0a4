import type { NodeProto, TensorProto } from "onnx-buf";
import type { Weight } from "../operand.js";

/** One direction of a recurrent node, its gates in the op table's order. */
export interface RecurrentWeights {
  readonly wIh: Weight;
  readonly wHh: Weight;
  readonly bIh: Weight | null;
  readonly bHh: Weight | null;
}

export type NodeWeights =
  | { readonly kind: "recurrent"; readonly directions: readonly RecurrentWeights[] }
  /** [out, in], as `linear` takes it. */
  | { readonly kind: "linear"; readonly weight: Weight };

/** What a module holds of a file: weights in the layout of a layer here, and tensors as they stand in the file. */
export interface WeightPlan {
  readonly nodes: ReadonlyMap<NodeProto, NodeWeights>;
  readonly tensors: ReadonlyMap<TensorProto, Weight>;
  /** Tensors that repeat a weight along leading axes. */
  readonly repeats: ReadonlyMap<TensorProto, Weight>;
}

export const noWeights: WeightPlan = { nodes: new Map(), tensors: new Map(), repeats: new Map() };

/** All weights of a plan, each once, in the order of the file. */
export function weightsOf(plan: WeightPlan): Weight[] {
  const found = new Set<Weight>();
  for (const node of plan.nodes.values()) {
    if (node.kind === "linear") found.add(node.weight);
    else
      for (const { wIh, wHh, bIh, bHh } of node.directions)
        for (const weight of [wIh, wHh, bIh, bHh]) if (weight) found.add(weight);
  }
  for (const weight of plan.tensors.values()) found.add(weight);
  return [...found];
}
