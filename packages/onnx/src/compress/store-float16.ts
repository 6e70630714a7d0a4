import { TensorProto_DataType } from "onnx-buf";
import { int } from "../proto.js";
import type { ModelEdit } from "./edit.js";
import { fromFloat16Bits, largestFloat16, toFloat16Bits } from "./float16.js";
import { type CompressedTensor, weightErrors } from "./report.js";
import type { Weight } from "./weights.js";

/** Why a tensor cannot be float16, or null. */
export function float16Obstacle({ data }: Weight): string | null {
  const beyond = data.find((value) => Number.isFinite(value) && Math.abs(value) > largestFloat16);
  return beyond === undefined ? null : `it holds ${beyond}, beyond float16's ${largestFloat16}`;
}

/** Stores a weight as float16; a Cast gives it back in float32 under its old name, so that no reader changes. */
export function storeFloat16(edit: ModelEdit, weight: Weight): CompressedTensor {
  const { scope, tensor, name, shape, data } = weight;
  const restored = new Float32Array(data.length);
  const view = new DataView(new ArrayBuffer(2 * data.length));
  data.forEach((value, i) => {
    const half = toFloat16Bits(value);
    restored[i] = fromFloat16Bits(half);
    view.setUint16(2 * i, half, true);
  });
  edit.remove(scope, tensor);
  const stored = edit.add(scope, `${name}.float16`, TensorProto_DataType.FLOAT16, shape, new Uint8Array(view.buffer));
  edit.before(scope, edit.node("Cast", [stored], [name], [int("to", TensorProto_DataType.FLOAT)]));
  return {
    name,
    shape,
    stored: "float16",
    readBy: "Cast",
    scales: 0,
    ...weightErrors(data, restored),
    bytesBefore: data.byteLength,
    bytesAfter: view.byteLength,
  };
}
