import type { DType, FusedOp, Shape, Size } from "@unrolled/backend";
import type { AttributeProto } from "onnx-buf";
import type { ModelBuilder, Operand } from "../builder.js";
import { CannotLower, type LowerCall, type Lowering, type Lowerings } from "../lowering.js";
import type { Result } from "../operand.js";
import { int, string, strings } from "../proto.js";
import { stackedRows } from "./rows.js";
import { type GateOrder, gateBiases, gateWeights } from "./sequence-weights.js";
import { forwardScan } from "./training/forward-scan.js";
import { sequenceOperands } from "./training/sequence-operands.js";

/** ONNX stacks i, o, f, c; the op table i, f, g, o. */
const lstmGates: GateOrder = [0, 3, 1, 2];
/** ONNX stacks z, r, h; the op table r, z, n. */
const gruGates: GateOrder = [1, 0, 2];
const rnnGates: GateOrder = [0];

export type SequenceOp = Extract<FusedOp, `${string}Sequence`>;

interface Sequence {
  readonly opType: "RNN" | "LSTM" | "GRU";
  readonly order: GateOrder;
  readonly x: Operand;
  readonly states: readonly Operand[];
  readonly wIh: Operand;
  readonly wHh: Operand;
  readonly bIh: Operand | null;
  readonly bHh: Operand | null;
  readonly lengths: Operand | null;
  readonly reverse: boolean;
  readonly attributes: (directions: number) => readonly AttributeProto[];
  readonly wanted: readonly boolean[];
}

type Describe<K extends SequenceOp> = (call: LowerCall<K>) => Sequence;

const describe: { readonly [K in SequenceOp]: Describe<K> } = {
  rnnSequence: ({ in: [x, h, wIh, wHh, bIh, bHh, lengths], attrs: { nonlinearity, reverse }, wanted }) => ({
    ...{ opType: "RNN", order: rnnGates, x, states: [h], wIh, wHh, bIh, bHh, lengths, reverse, wanted },
    attributes: (directions) =>
      nonlinearity === "relu" ? [strings("activations", new Array<string>(directions).fill("Relu"))] : [],
  }),
  lstmSequence: ({ in: [x, h, c, wIh, wHh, bIh, bHh, lengths], attrs: { reverse }, wanted }) => ({
    ...{ opType: "LSTM", order: lstmGates, x, states: [h, c], wIh, wHh, bIh, bHh, lengths, reverse, wanted },
    attributes: () => [],
  }),
  gruSequence: ({ in: [x, h, wIh, wHh, bIh, bHh, lengths], attrs: { resetAfter, reverse }, wanted }) => ({
    ...{ opType: "GRU", order: gruGates, x, states: [h], wIh, wHh, bIh, bHh, lengths, reverse, wanted },
    attributes: () => (resetAfter ? [int("linear_before_reset", 1)] : []),
  }),
};

function requireFloat32(opType: string, dtype: DType): void {
  if (dtype === "float32") return;
  throw new CannotLower(
    `ONNX Runtime has no ${opType} kernel for ${dtype}`,
    "use float32, or rewrite the graph with lowerFused(graph)",
  );
}

/**
 * One ONNX RNN, LSTM or GRU node over the same x and lengths: one direction, or forward and reverse. Layout 0: x [T, B, I],
 * y [T, D, B, H], states [D, B, H]. Returns the results of each direction.
 */
function sequence(b: ModelBuilder, directions: readonly Sequence[]): (Result | null)[][] {
  const [s] = directions;
  const { opType, order, lengths } = s;
  requireFloat32(opType, s.x.dtype);
  const [steps, batch, features] = s.x.sizes;
  const [rows, hidden] = s.wHh.shape;
  const count = directions.length;
  const { dtype } = s.x;
  const noFeatures = features === 0;
  const x = noFeatures
    ? b.filled(0, { shape: [...s.x.shape.slice(0, 2), 1], sizes: [steps, batch, 1], dtype })
    : s.x.name;
  const w = noFeatures
    ? b.filled(0, { shape: [count, rows, 1], dtype })
    : gateWeights(
        b,
        directions.map(({ wIh }) => wIh),
        order,
      );
  const r = gateWeights(
    b,
    directions.map(({ wHh }) => wHh),
    order,
  );
  const bias = gateBiases(
    b,
    directions.map(({ bIh, bHh }) => [bIh, bHh] as const),
    order,
  );
  const initial = s.states.map((_, part) =>
    stackedRows(
      b,
      directions.map(({ states }) => states[part]),
    ),
  );
  const attributes = [int("hidden_size", hidden), ...s.attributes(count)];
  if (count === 2) attributes.push(string("direction", "bidirectional"));
  else if (s.reverse) attributes.push(string("direction", "reverse"));
  const wanted = s.wanted.map((_, i) => directions.some((direction) => direction.wanted[i]));
  const [y, ...last] = b.emit(opType, [x, w, r, bias, lengths?.name ?? "", ...initial], attributes, wanted);
  const carried = carryEmptySequences(b, s);
  const wholeY = whole(y, s, [s.x.shape[0], count, s.x.shape[1], hidden], [steps, count, batch, hidden]);
  const wholeStates = last.map((name) => whole(name, s, [count, s.x.shape[1], hidden], [count, batch, hidden]));
  const stateOf = (part: number, index: number): Result => {
    const of = wholeStates[part];
    const start = directions[index].states[part];
    const row = (): string => (count === 1 ? b.squeeze(of.name, [0]) : picked(b, of.name, 0, index));
    if (carriesItself(start, lengths)) return { rows: { of, start: index, count: 1, kept: false }, make: row };
    return carried(row(), start);
  };
  return directions.map((direction, index) => [
    !direction.wanted[0]
      ? null
      : count === 1
        ? b.squeeze(y, [1])
        : { direction: { of: wholeY, index: index as 0 | 1 }, make: () => picked(b, y, 1, index) },
    ...wholeStates.map((_, part) => (direction.wanted[part + 1] ? stateOf(part, index) : null)),
  ]);
}

function whole(name: string, { x: { dtype } }: Sequence, shape: Shape, sizes: readonly Size[]): Operand {
  return { name, shape, sizes, dtype, constant: null, title: null };
}

/** One index along an axis, which goes away. */
function picked(b: ModelBuilder, name: string, axis: number, index: number): string {
  return b.squeeze(b.node("Slice", [name, b.int64([index]), b.int64([index + 1]), b.int64([axis])]), [axis]);
}

/** ONNX Runtime gives zeros as the last state of a sequence of length 0; the op table carries the initial one. */
function carriesItself(initial: Operand, lengths: Operand | null): boolean {
  return !lengths || initial.fill === 0 || (lengths.constant?.every((length) => length > 0) ?? false);
}

function carryEmptySequences(b: ModelBuilder, { lengths }: Sequence): (last: string, initial: Operand) => string {
  let ran: string | null = null;
  return (last, initial) => {
    ran ??= b.unsqueeze(b.node("Greater", [lengths?.name ?? "", b.scalar(0, "int32")]), [1]);
    return b.node("Where", [ran, last, initial.name]);
  };
}

const lower =
  <K extends SequenceOp>(op: K): Lowering<K> =>
  (b, call) =>
    sequence(b, [describe[op](call)])[0];

/** ONNX's LSTM does not project its state: such a layer is a Scan. */
const lowerLstm: Lowering<"lstmSequence"> = (b, call) => {
  const inputs: readonly (Operand | null)[] = call.in;
  if (!inputs[8]) return lower("lstmSequence")(b, call);
  const operands = sequenceOperands({ op: "lstmSequence", attrs: call.attrs }, inputs);
  return forwardScan(b, operands, call.wanted, "nothing").outputs;
};

export const sequences: Pick<Lowerings, SequenceOp> = {
  rnnSequence: lower("rnnSequence"),
  lstmSequence: lowerLstm,
  gruSequence: lower("gruSequence"),
};

/** A forward and a reverse pass over the same x and lengths, in one node. */
export function bothDirections<K extends SequenceOp>(
  b: ModelBuilder,
  op: K,
  forward: LowerCall<K>,
  reverse: LowerCall<K>,
): [forward: (Result | null)[], reverse: (Result | null)[]] {
  const [first, second] = sequence(b, [describe[op](forward), describe[op](reverse)]);
  return [first, second];
}
