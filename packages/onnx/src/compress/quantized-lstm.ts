import type { NodeProto } from "onnx-buf";
import { int } from "../proto.js";
import { attributeNumber } from "./attributes.js";
import type { ModelEdit } from "./edit.js";
import type { CompressedTensor } from "./report.js";
import type { Scope } from "./scopes.js";
import { storeForProduct } from "./store-uint8.js";
import type { Weight } from "./weights.js";

export const microsoftDomain = "com.microsoft";

/** Whether both weights of an LSTM node fit ONNX Runtime's DynamicQuantizeLSTM and nothing else reads them. */
export function fitsQuantizedLstm(node: NodeProto, w: Weight, r: Weight): boolean {
  const directions = directionsOf(node);
  const [, rows, hidden] = r.shape;
  const onlyHere = (weight: Weight, input: number): boolean =>
    weight.uses.every((use) => use.node === node && use.index === input);
  return (
    onlyHere(w, 1) &&
    onlyHere(r, 2) &&
    Math.min(w.data.length, r.data.length) > 0 &&
    w.shape.length === 3 &&
    r.shape.length === 3 &&
    [w, r].every(({ shape }) => shape[0] === directions && shape[1] === rows) &&
    rows === 4 * hidden &&
    attributeNumber(node, "hidden_size", hidden) === hidden &&
    attributeNumber(node, "layout", 0) === 0
  );
}

function directionsOf(node: NodeProto): number {
  const direction = node.attribute.find(({ name }) => name === "direction");
  return direction && new TextDecoder().decode(direction.s) === "bidirectional" ? 2 : 1;
}

/** Puts DynamicQuantizeLSTM in the place of an LSTM. Its weights are transposed: [directions, inputs, 4·hidden]. */
export function quantizeLstm(
  edit: ModelEdit,
  scope: Scope,
  node: NodeProto,
  [w, r]: readonly [Weight, Weight],
  perChannel: boolean,
): CompressedTensor[] {
  const options = { transpose: true, perChannel, readBy: "DynamicQuantizeLSTM" } as const;
  const [input, recurrent] = [storeForProduct(edit, w, options), storeForProduct(edit, r, options)];
  const optional = [3, 4, 5, 6, 7].map((i) => node.input[i] ?? "");
  const attributes = node.attribute.filter(({ name }) => name !== "layout" && name !== "hidden_size");
  const quantized = edit.node(
    "DynamicQuantizeLSTM",
    [
      node.input[0],
      input.values,
      recurrent.values,
      ...optional,
      input.scale,
      input.zeroPoint,
      recurrent.scale,
      recurrent.zeroPoint,
    ],
    node.output,
    [int("hidden_size", r.shape[2]), ...attributes],
    microsoftDomain,
  );
  edit.replace(scope, node, [quantized]);
  return [input.row, recurrent.row];
}
