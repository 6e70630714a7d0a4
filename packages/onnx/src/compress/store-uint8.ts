import { TensorProto_DataType } from "onnx-buf";
import { float32Bytes, type ModelEdit } from "./edit.js";
import { channelsAlong, quantize, swapLastTwo } from "./quantize.js";
import { type CompressedTensor, weightErrors } from "./report.js";
import type { Weight } from "./weights.js";

/** Products add uint8 weights around 128: sums of int8 weights overflow in ONNX Runtime on x86 processors without VNNI. */
const zeroPoint = 128;

/** An 8-bit weight as the nodes that multiply it read it. */
export interface StoredWeight {
  readonly values: string;
  readonly scale: string;
  readonly zeroPoint: string;
  readonly row: CompressedTensor;
}

/** Stores a weight [..., rows, columns] as uint8, transposed if told, with a scale for each output feature or for each matrix. */
export function storeForProduct(
  edit: ModelEdit,
  weight: Weight,
  options: { transpose: boolean; perChannel: boolean; readBy: "MatMulInteger" | "DynamicQuantizeLSTM" },
): StoredWeight {
  const { scope, tensor, name, shape, data } = weight;
  const { transpose, perChannel, readBy } = options;
  const directions = shape.slice(0, -2);
  const [rows, columns] = shape.slice(-2);
  const features = shape.length - (transpose ? 2 : 1);
  const kept = [...directions.keys(), ...(perChannel ? [features] : [])];
  const { channels, channelOf } = channelsAlong(shape, kept);
  const { values, scales, restored } = quantize(data, channels, channelOf);
  const shifted = Uint8Array.from(values, (value) => value + zeroPoint);
  const stored = transpose ? swapLastTwo(shifted, rows, columns) : shifted;
  const scaleShape = [...directions, ...(perChannel ? [shape[features]] : [])];
  // MatMulInteger takes one zero point, DynamicQuantizeLSTM one beside each scale.
  const zeroShape = readBy === "MatMulInteger" ? [] : scaleShape;
  const zeros = new Uint8Array(readBy === "MatMulInteger" ? 1 : channels).fill(zeroPoint);
  const storedShape = transpose ? [...directions, columns, rows] : shape;
  edit.remove(scope, tensor);
  return {
    values: edit.add(scope, `${name}.uint8`, TensorProto_DataType.UINT8, storedShape, stored),
    scale: edit.add(scope, `${name}.scale`, TensorProto_DataType.FLOAT, scaleShape, float32Bytes(scales)),
    zeroPoint: edit.add(scope, `${name}.zero`, TensorProto_DataType.UINT8, zeroShape, zeros),
    row: {
      name,
      shape,
      stored: "uint8",
      readBy,
      scales: channels,
      ...weightErrors(data, restored),
      bytesBefore: data.byteLength,
      bytesAfter: stored.length + 4 * scales.length + zeros.length,
    },
  };
}
