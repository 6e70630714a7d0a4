import type { DType, TypedArray } from "./dtype.js";
import type { Attrs, FusedOp, Meta, Op } from "./ops.js";
import type { Shape } from "./shape.js";
import type { Size } from "./size.js";

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

/** What a scan does at one step. Its nodes may also read values of the graph around it. */
export interface ScanBody {
  /** The states as they are before the step. */
  readonly states: readonly GraphValue[];
  /** One step of each sequence, without its first dimension. */
  readonly slices: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  /** The states after the step, each with the shape and dtype that it had. */
  readonly nextStates: readonly GraphValue[];
  /** What is stacked over the steps. */
  readonly results: readonly GraphValue[];
}

/** A loop over the first dimension of sequences (at least one), which carries states from step to step. */
export interface ScanNode {
  readonly kind: "scan";
  readonly op: "scan";
  readonly body: ScanBody;
  /** From the last step to the first; results stand where their slices stood. */
  readonly reverse: boolean;
  /** The states at the start, then the sequences [T, ...]. */
  readonly inputs: readonly GraphValue[];
  /** The states at the end, then the stacked results [T, ...]; `null` if not wanted. */
  readonly outputs: readonly (GraphValue | null)[];
}

/** An op, the backward pass of a fused op, or a scan, in a graph. */
export type GraphNode = OpNode | BackwardNode | ScanNode;

/** A graph's input or output by name. */
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

/** Named sizes that differ from run to run. The numbers in the graph are those of one example. */
export interface GraphDims {
  /** The example's size of each name. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Shapes that depend on them; all others are fixed. Values inside of scans included. */
  readonly shapes: ReadonlyMap<GraphValue, readonly Size[]>;
  /** Attributes that depend on them, such as the shape of a reshape; all others are fixed. */
  readonly attrs: ReadonlyMap<GraphNode, SizedAttrs>;
}

/** Attributes by name; in a list, the numbers that do not depend on a size stand as they are. */
export type SizedAttrs = Readonly<Record<string, Size | readonly Size[]>>;

/** A traced function: nodes in an order in which every input comes before its use. Plain data. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphBinding[];
  readonly outputs: readonly GraphBinding[];
  readonly state: readonly GraphState[];
  readonly constants: ReadonlyMap<GraphValue, TypedArray>;
  readonly nodes: readonly GraphNode[];
  /** Left out where every size is fixed. */
  readonly dims?: GraphDims;
}
