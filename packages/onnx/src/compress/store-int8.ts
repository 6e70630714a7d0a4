import { TensorProto_DataType } from "onnx-buf";
import { isDefaultDomain } from "../import/parse-model.js";
import { int } from "../proto.js";
import { float32Bytes, type ModelEdit } from "./edit.js";
import { channelsAlong, quantize } from "./quantize.js";
import { type CompressedTensor, weightErrors } from "./report.js";
import type { Use } from "./scopes.js";
import type { Weight } from "./weights.js";

/** The inputs that hold weights, of operators that have others too (biases, states). Of other operators, all. */
const weightInputs: Readonly<Record<string, readonly number[]>> = {
  LSTM: [1, 2],
  GRU: [1, 2],
  RNN: [1, 2],
  Gemm: [0, 1],
  Conv: [1],
  ConvTranspose: [1],
  LayerNormalization: [],
  BatchNormalization: [],
  InstanceNormalization: [],
};

/** Operators whose float inputs are scales already. */
const quantizedOperator = /Quant|Integer$/;

/** Why a tensor is not to be rounded to eight bits, or null. */
export function int8Obstacle({ data, shape, uses }: Weight): string | null {
  if (data.some((value) => !Number.isFinite(value))) return "it holds a number that is not finite";
  if (shape.filter((size) => size > 1).length < 2 && !uses.some(isMatrix))
    return "a vector (bias, scale) is rounded with more harm than gain";
  for (const { node, index } of uses) {
    if (node === null) return "it is an output";
    if (!isDefaultDomain(node.domain)) return `an operator of domain ${node.domain} reads it`;
    if (quantizedOperator.test(node.opType)) return `${node.opType} reads it as a scale`;
    if (Object.hasOwn(weightInputs, node.opType) && !weightInputs[node.opType].includes(index))
      return `it is no weight of ${node.opType}, but its input ${index}`;
  }
  return null;
}

function isMatrix(use: Use): boolean {
  const multiplied = use.node?.opType === "MatMul" || (use.node?.opType === "Gemm" && use.index < 2);
  return multiplied || isRecurrentWeight(use);
}

function isRecurrentWeight({ node, index }: Use): boolean {
  return node !== null && ["LSTM", "GRU", "RNN"].includes(node.opType) && (index === 1 || index === 2);
}

/**
 * Stores a weight as int8; Cast and Mul give it back in float32 under its old name. Null where that would save nothing.
 * The two are DequantizeLinear in other words: ONNX Runtime computes them once, when it loads the model, and that one in
 * every run.
 */
export function storeInt8(edit: ModelEdit, weight: Weight, perChannel: boolean): CompressedTensor | null {
  const { scope, tensor, name, shape, data } = weight;
  const { channels, channelOf, scaleShape } = channelsAlong(shape, perChannel ? channelAxes(weight) : []);
  const bytesAfter = data.length + 4 * channels;
  if (bytesAfter >= data.byteLength) return null;
  const { values, scales, restored } = quantize(data, channels, channelOf);
  edit.remove(scope, tensor);
  const stored = edit.add(
    scope,
    `${name}.int8`,
    TensorProto_DataType.INT8,
    shape,
    new Uint8Array(values.buffer as ArrayBuffer),
  );
  const scale = edit.add(scope, `${name}.scale`, TensorProto_DataType.FLOAT, scaleShape, float32Bytes(scales));
  const whole = edit.claim(`${name}.whole`);
  edit.before(scope, edit.node("Cast", [stored], [whole], [int("to", TensorProto_DataType.FLOAT)]));
  edit.before(scope, edit.node("Mul", [whole, scale], [name]));
  return {
    name,
    shape,
    stored: "int8",
    readBy: "Cast, Mul",
    scales: channels,
    ...weightErrors(data, restored),
    bytesBefore: data.byteLength,
    bytesAfter,
  };
}

/** Where each output feature stands: the rows of each direction, the columns of a right-hand matrix, else the first axis. */
function channelAxes({ shape, uses }: Weight): number[] {
  if (uses.some(isRecurrentWeight) && shape.length === 3) return [0, 1];
  if (uses.every(({ node, index }) => node?.opType === "MatMul" && index === 1)) return [shape.length - 1];
  return [0];
}
