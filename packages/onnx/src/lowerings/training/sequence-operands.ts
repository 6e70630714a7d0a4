import { type Attrs, type FusedOp, GraphError, type OpNode } from "@unrolled/backend";
import type { Operand } from "../../builder.js";
import type { Parameters, TrainedCell } from "./cell.js";
import { gruCell } from "./gru-cell.js";
import { lstmCell } from "./lstm-cell.js";
import { rnnCell } from "./rnn-cell.js";

export type SequenceOp = Extract<FusedOp, `${string}Sequence`>;

/** A sequence node's cell and operands. */
export interface SequenceOperands {
  readonly cell: TrainedCell;
  /** [T, B, I] */
  readonly x: Operand;
  /** [B, H] each */
  readonly initial: readonly Operand[];
  readonly parameters: Parameters;
  /** int32 [B] */
  readonly lengths: Operand | null;
  readonly reverse: boolean;
}

export function isSequence(node: OpNode): node is OpNode<SequenceOp> {
  return node.op === "rnnSequence" || node.op === "lstmSequence" || node.op === "gruSequence";
}

/** Which op, and how: a node or a call. */
type SequenceNode = Pick<OpNode<SequenceOp>, "op" | "attrs">;

function cellOf({ op, attrs }: SequenceNode, { dtype }: Operand): TrainedCell {
  if (op === "lstmSequence") return lstmCell;
  if (op === "gruSequence") return gruCell((attrs as Attrs<"gruSequence">).resetAfter);
  return rnnCell((attrs as Attrs<"rnnSequence">).nonlinearity, dtype);
}

export function sequenceOperands(node: SequenceNode, inputs: readonly (Operand | null)[]): SequenceOperands {
  const required = (i: number): Operand => {
    const operand = inputs[i];
    if (operand) return operand;
    throw new GraphError("graphToOnnx", `${node.op} has no input ${i}`, "give every input that is not optional");
  };
  const x = required(0);
  const cell = cellOf(node, x);
  const { states } = cell;
  const wHh = required(states + 2);
  const wHr = inputs[states + 6] ?? null;
  const width = wHh.shape[1];
  return {
    cell,
    x,
    initial: Array.from({ length: states }, (_, i) => required(1 + i)),
    parameters: {
      wIh: required(states + 1),
      wHh,
      bIh: inputs[states + 3] ?? null,
      bHh: inputs[states + 4] ?? null,
      wHr,
      hidden: wHr ? wHr.shape[1] : width,
      width,
      dtype: x.dtype,
    },
    lengths: inputs[states + 5] ?? null,
    reverse: node.attrs.reverse,
  };
}
