import type { Attrs, FusedOp, Meta, Op } from "@unrolled/backend";
import type { Value } from "./value.js";

export type Values = readonly (Value | null)[];

/** What a kernel is told, with the op's types erased. */
export interface ErasedCall {
  readonly attrs: object;
  readonly in: readonly (Meta | null)[];
  readonly out: readonly (Meta | null)[];
}

export interface BoundOp {
  readonly kind: "op";
  readonly op: Op;
  readonly attrs: Attrs<Op>;
  readonly inputs: Values;
  /** Null where nobody reads them. */
  readonly outputs: Values;
  readonly call: ErasedCall;
  /** A fused op whose gradient is in the graph: all of its outputs exist. */
  readonly saves: boolean;
}

export interface BoundBackward {
  readonly kind: "backward";
  readonly op: FusedOp;
  readonly forward: BoundOp;
  readonly inputs: Values;
  readonly outputs: Values;
}

export interface BoundScan {
  readonly kind: "scan";
  readonly op: "scan";
  readonly steps: number;
  readonly reverse: boolean;
  readonly inputs: readonly Value[];
  readonly outputs: Values;
  readonly states: readonly Value[];
  readonly slices: readonly Value[];
  readonly nodes: readonly BoundNode[];
  readonly nextStates: readonly Value[];
  readonly results: readonly Value[];
}

export type BoundNode = BoundOp | BoundBackward | BoundScan;

export interface BoundState {
  readonly input: Value;
  readonly output: Value;
}

/** A graph for one combination of sizes. */
export interface BoundGraph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly state: readonly BoundState[];
  readonly nodes: readonly BoundNode[];
}
