import { allocate, type Meta, sizeOf, type TypedArray } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../builder.js";

/** Where in the op table's stack of gates each gate of ONNX's stack stands. */
export type GateOrder = readonly number[];

/** Rows of `data`, in blocks of equal size, put into another order. */
function reorderedBlocks(data: TypedArray, order: GateOrder, meta: Meta): TypedArray {
  const block = data.length / order.length;
  const out = allocate(meta.dtype, data.length);
  order.forEach((from, to) => {
    out.set(data.subarray(from * block, (from + 1) * block), to * block);
  });
  return out;
}

/** A weight [G·H, K] as ONNX's [1, G·H, K], its gates in ONNX's order: at export if it is a constant, else by nodes. */
export function gateWeight(b: ModelBuilder, weight: Operand, order: GateOrder): string {
  const [rows, columns] = weight.shape;
  const { constant } = weight;
  if (constant) {
    return b.initializer(
      `${b.scope}/weight`,
      reorderedBlocks(constant, order, weight),
      [1, rows, columns],
      weight.dtype,
    );
  }
  if (order.length === 1) return b.reshape(weight.name, [1, rows, columns]);
  const gates = b.reshape(weight.name, [order.length, rows / order.length, columns]);
  return b.reshape(gather(b, gates, order), [1, rows, columns]);
}

/** Both biases [G·H] as ONNX's [1, 2·G·H]; zeros for one that is absent, `""` for none. */
export function gateBias(
  b: ModelBuilder,
  inputBias: Operand | null,
  hiddenBias: Operand | null,
  order: GateOrder,
): string {
  const present = inputBias ?? hiddenBias;
  if (!present) return "";
  const size = sizeOf(present.shape);
  const both: GateOrder = [...order, ...order.map((gate) => gate + order.length)];
  const inputData = inputBias ? inputBias.constant : allocate(present.dtype, size);
  const hiddenData = hiddenBias ? hiddenBias.constant : allocate(present.dtype, size);
  if (inputData && hiddenData) {
    const joined = allocate(present.dtype, 2 * size);
    joined.set(inputData, 0);
    joined.set(hiddenData, size);
    return b.initializer(`${b.scope}/bias`, reorderedBlocks(joined, both, present), [1, 2 * size], present.dtype);
  }
  const zeros = (): string => b.initializer(`${b.scope}/zeros`, allocate(present.dtype, size), [size], present.dtype);
  const parts = [inputBias?.name ?? zeros(), hiddenBias?.name ?? zeros()];
  const joined = b.concat(parts, 0);
  if (order.length === 1) return b.reshape(joined, [1, 2 * size]);
  const gates = b.reshape(joined, [both.length, size / order.length]);
  return b.reshape(gather(b, gates, both), [1, 2 * size]);
}

function gather(b: ModelBuilder, gates: string, order: GateOrder): string {
  return order.every((from, to) => from === to) ? gates : b.node("Gather", [gates, b.int64(order)]);
}
