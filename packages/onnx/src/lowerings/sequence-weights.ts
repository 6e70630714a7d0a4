import { allocate, type Meta, sizeOf, type TypedArray } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../builder.js";

/** Where in the op table's stack of gates each gate of ONNX's stack stands. */
export type GateOrder = readonly number[];

/** Both biases of one direction. */
export type Biases = readonly [input: Operand | null, hidden: Operand | null];

/** Rows of `data`, in blocks of equal size, put into another order. */
function reorderedBlocks(data: TypedArray, order: GateOrder, meta: Meta): TypedArray {
  const block = data.length / order.length;
  const out = allocate(meta.dtype, data.length);
  order.forEach((from, to) => {
    out.set(data.subarray(from * block, (from + 1) * block), to * block);
  });
  return out;
}

function joined(parts: readonly TypedArray[], { dtype }: Meta): TypedArray {
  const whole = allocate(
    dtype,
    parts.reduce((size, part) => size + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** ONNX's stacks of gates, by their number. */
const layouts: Readonly<Record<number, string>> = { 1: "i", 3: "zrh", 4: "iofc" };

/** What an initialiser made of a constant in ONNX's layout is called: `lstm.weight_ih_l0/iofc` where that has a name. */
function titleOf(b: ModelBuilder, { title }: Operand, order: GateOrder, otherwise: string): string {
  return title ? `${title}/${layouts[order.length]}` : `${b.scope}/${otherwise}`;
}

/** Weights [G·H, K], one a direction, as ONNX's [directions, G·H, K]: at export if they are constants, else by nodes. */
export function gateWeights(b: ModelBuilder, weights: readonly Operand[], order: GateOrder): string {
  const [first] = weights;
  const [rows, columns] = first.shape;
  const data = weights.map(({ constant }) => constant && reorderedBlocks(constant, order, first));
  if (data.every((part) => part !== null)) {
    const shape = [weights.length, rows, columns];
    return b.initializer(titleOf(b, first, order, "weight"), joined(data, first), shape, first.dtype);
  }
  const parts = weights.map((weight) => {
    if (order.length === 1) return b.reshape(weight.name, [1, rows, columns]);
    const gates = b.reshape(weight.name, [order.length, rows / order.length, columns]);
    return b.reshape(gather(b, gates, order), [1, rows, columns]);
  });
  return b.concat(parts, 0);
}

/** Biases [G·H] as ONNX's [directions, 2·G·H]; zeros for one that is absent, `""` for none. */
export function gateBiases(b: ModelBuilder, biases: readonly Biases[], order: GateOrder): string {
  const present = biases.flat().find((bias) => bias !== null);
  if (!present) return "";
  const size = sizeOf(present.shape);
  const both: GateOrder = [...order, ...order.map((gate) => gate + order.length)];
  const data = biases.map((pair) => pair.map((bias) => (bias ? bias.constant : allocate(present.dtype, size))));
  if (data.flat().every((part) => part !== null)) {
    const parts = data.map((pair) => reorderedBlocks(joined(pair as TypedArray[], present), both, present));
    const title = titleOf(b, present, order, "bias");
    return b.initializer(title, joined(parts, present), [biases.length, 2 * size], present.dtype);
  }
  const zeros = (): string =>
    b.shared(`zeros ${present.dtype} ${size}`, () =>
      b.initializer(`${b.scope}/zeros`, allocate(present.dtype, size), [size], present.dtype),
    );
  const parts = biases.map((pair) => {
    const whole = b.concat(
      pair.map((bias) => bias?.name ?? zeros()),
      0,
    );
    if (order.length === 1) return b.reshape(whole, [1, 2 * size]);
    const gates = b.reshape(whole, [both.length, size / order.length]);
    return b.reshape(gather(b, gates, both), [1, 2 * size]);
  });
  return b.concat(parts, 0);
}

function gather(b: ModelBuilder, gates: string, order: GateOrder): string {
  return order.every((from, to) => from === to) ? gates : b.node("Gather", [gates, b.int64(order)]);
}
