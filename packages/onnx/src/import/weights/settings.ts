import type { NodeProto } from "onnx-buf";

/** Inputs that are settings of an operator, by their places: nothing is learned there. */
const settings: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Pad: [2],
  Pow: [1],
  Where: [1, 2],
  Equal: [0, 1],
  Less: [0, 1],
  LessOrEqual: [0, 1],
  Greater: [0, 1],
  GreaterOrEqual: [0, 1],
  Range: [0, 1, 2],
  Dropout: [1],
  BatchNormalization: [3, 4],
  // initial states
  RNN: [4, 5],
  LSTM: [4, 5, 6],
  GRU: [4, 5],
};

/** Whether a float constant there is a setting: bounds, exponents, operands of comparisons, initial states, running statistics. */
export function isSetting(node: NodeProto, index: number): boolean {
  if (node.opType === "Scan") {
    const sequences = node.attribute.find(({ name }) => name === "num_scan_inputs")?.i ?? 0n;
    return index < node.input.length - Number(sequences);
  }
  return Object.hasOwn(settings, node.opType) && settings[node.opType].includes(index);
}
