import type { DType, TypedArray } from "./dtype.js";
import type { Attrs, FusedOp, Meta, Op } from "./ops.js";
import type { Shape } from "./shape.js";

/** One tensor of a graph: an input, a constant, or the result of one node. Compared by identity. */
export interface GraphValue extends Meta {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One op of the table. */
export interface OpNode<K extends Op = Op> {
  readonly kind: "op";
  readonly op: K;
  readonly attrs: Attrs<K>;
  readonly inputs: readonly (GraphValue | null)[];
  readonly outputs: readonly (GraphValue | null)[];
}

/**
 * The gradient of a fused node. Its inputs are the cotangents of the forward node's outputs (`null`: zeros); it may read the
 * forward node's inputs, outputs and reserve. `outputs[i]` is the gradient of the forward node's i-th input, `null` if not wanted.
 */
export interface BackwardNode<K extends FusedOp = FusedOp> {
  readonly kind: "backward";
  readonly op: K;
  readonly forward: OpNode<K>;
  readonly inputs: readonly (GraphValue | null)[];
  readonly outputs: readonly (GraphValue | null)[];
}

export type GraphNode = OpNode | BackwardNode;

export interface GraphBinding {
  readonly name: string;
  readonly value: GraphValue;
}

/** A tensor that a program keeps between runs: read from `input`, replaced by `output` at the end of each run. */
export interface GraphState {
  readonly name: string;
  readonly input: GraphValue;
  readonly output: GraphValue;
  readonly initial: TypedArray;
}

/** A traced function: nodes in an order in which every input comes before its use. Plain data. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphBinding[];
  readonly outputs: readonly GraphBinding[];
  readonly state: readonly GraphState[];
  readonly constants: ReadonlyMap<GraphValue, TypedArray>;
  readonly nodes: readonly GraphNode[];
}
