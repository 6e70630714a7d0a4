import type { DType } from "@unrolled/backend";
import type { AttributeProto } from "onnx-buf";
import type { ModelBuilder, Operand } from "../builder.js";
import { CannotLower, type Lowerings } from "../lowering.js";
import { int, string, strings } from "../proto.js";
import { type GateOrder, gateBias, gateWeight } from "./sequence-weights.js";

/** ONNX stacks i, o, f, c; the op table i, f, g, o. */
const lstmGates: GateOrder = [0, 3, 1, 2];
/** ONNX stacks z, r, h; the op table r, z, n. */
const gruGates: GateOrder = [1, 0, 2];
const rnnGates: GateOrder = [0];

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
  readonly attributes: readonly AttributeProto[];
  readonly wanted: readonly boolean[];
}

function requireFloat32(opType: string, dtype: DType): void {
  if (dtype === "float32") return;
  throw new CannotLower(
    `ONNX Runtime has no ${opType} kernel for ${dtype}`,
    "use float32, or rewrite the graph with lowerFused(graph)",
  );
}

/** One ONNX RNN, LSTM or GRU node with one direction. Layout 0: x [T, B, I], y [T, 1, B, H], states [1, B, H]. */
function sequence(b: ModelBuilder, s: Sequence): readonly (string | null)[] {
  requireFloat32(s.opType, s.x.dtype);
  const [steps, batch, features] = s.x.shape;
  const [rows, hidden] = s.wHh.shape;
  const noFeatures = features === 0;
  const x = noFeatures ? b.filled(0, { shape: [steps, batch, 1], dtype: s.x.dtype }) : s.x.name;
  const w = noFeatures ? b.filled(0, { shape: [1, rows, 1], dtype: s.x.dtype }) : gateWeight(b, s.wIh, s.order);
  const r = gateWeight(b, s.wHh, s.order);
  const bias = gateBias(b, s.bIh, s.bHh, s.order);
  const initial = s.states.map((state) => b.reshape(state.name, [1, batch, hidden]));
  const attributes = [int("hidden_size", hidden), ...s.attributes];
  if (s.reverse) attributes.push(string("direction", "reverse"));
  const [y, ...last] = b.emit(s.opType, [x, w, r, bias, s.lengths?.name ?? "", ...initial], attributes, s.wanted);
  const carried = carryEmptySequences(b, s);
  return [
    y === "" ? null : b.reshape(y, [steps, batch, hidden]),
    ...last.map((state, i) => (state === "" ? null : carried(b.reshape(state, [batch, hidden]), s.states[i]))),
  ];
}

/** ONNX Runtime gives zeros as the last state of a sequence of length 0; the op table carries the initial one. */
function carryEmptySequences(b: ModelBuilder, { lengths }: Sequence): (last: string, initial: Operand) => string {
  if (!lengths || lengths.constant?.every((length) => length > 0)) return (last) => last;
  let ran: string | null = null;
  return (last, initial) => {
    ran ??= b.reshape(b.node("Greater", [lengths.name, b.scalar(0, "int32")]), [lengths.shape[0], 1]);
    return b.node("Where", [ran, last, initial.name]);
  };
}

export const sequences: Pick<Lowerings, "rnnSequence" | "lstmSequence" | "gruSequence"> = {
  rnnSequence: (b, { in: [x, h, wIh, wHh, bIh, bHh, lengths], attrs: { nonlinearity, reverse }, wanted }) => {
    const attributes = nonlinearity === "relu" ? [strings("activations", ["Relu"])] : [];
    const shared = { x, wIh, wHh, bIh, bHh, lengths, reverse, wanted };
    return sequence(b, { opType: "RNN", order: rnnGates, states: [h], attributes, ...shared });
  },
  lstmSequence: (b, { in: [x, h, c, wIh, wHh, bIh, bHh, lengths], attrs: { reverse }, wanted }) => {
    const shared = { x, wIh, wHh, bIh, bHh, lengths, reverse, wanted };
    return sequence(b, { opType: "LSTM", order: lstmGates, states: [h, c], attributes: [], ...shared });
  },
  gruSequence: (b, { in: [x, h, wIh, wHh, bIh, bHh, lengths], attrs: { resetAfter, reverse }, wanted }) => {
    const attributes = resetAfter ? [int("linear_before_reset", 1)] : [];
    const shared = { x, wIh, wHh, bIh, bHh, lengths, reverse, wanted };
    return sequence(b, { opType: "GRU", order: gruGates, states: [h], attributes, ...shared });
  },
};
