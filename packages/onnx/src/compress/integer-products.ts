import { type NodeProto, TensorProto_DataType } from "onnx-buf";
import { isDefaultDomain } from "../import/parse-model.js";
import { int } from "../proto.js";
import { attributeNumber } from "./attributes.js";
import type { ModelEdit } from "./edit.js";
import type { CompressedTensor } from "./report.js";
import type { Scope } from "./scopes.js";
import { type StoredWeight, storeForProduct } from "./store-uint8.js";
import type { Weight } from "./weights.js";

function plainGemm(node: NodeProto): boolean {
  const is = (name: string, value: number): boolean => attributeNumber(node, name, value) === value;
  return is("alpha", 1) && is("beta", 1) && is("transA", 0);
}

const transposed = (node: NodeProto): boolean => node.opType === "Gemm" && attributeNumber(node, "transB", 0) !== 0;

/** Whether every reader of the weight multiplies by it from the right, all in the same layout. */
export function isProductWeight({ shape, uses }: Weight): boolean {
  const nodes = uses.map(({ node, index }) => (index === 1 ? node : null));
  return (
    shape.length === 2 &&
    nodes.every(
      (node) =>
        node !== null &&
        isDefaultDomain(node.domain) &&
        node.output.length === 1 &&
        (node.opType === "MatMul" || (node.opType === "Gemm" && plainGemm(node))) &&
        nodes[0] !== null &&
        transposed(node) === transposed(nodes[0]),
    )
  );
}

/** Makes the readers of weights, MatMul and Gemm, integer products: (x - zero)·(w - 128), times both scales, plus the bias. */
export function quantizeProducts(
  edit: ModelEdit,
  scopes: readonly Scope[],
  weights: readonly Weight[],
  perChannel: boolean,
): CompressedTensor[] {
  const readers = new Map<NodeProto, StoredWeight>();
  const rows = weights.map((weight) => {
    const transpose = weight.uses.some(({ node }) => node !== null && transposed(node));
    const stored = storeForProduct(edit, weight, { transpose, perChannel, readBy: "MatMulInteger" });
    for (const { node } of weight.uses) if (node !== null) readers.set(node, stored);
    return stored.row;
  });
  for (const scope of scopes) {
    // A left operand is quantised once, before the first of its products.
    const known = new Map<string, QuantizedOperand>();
    for (const node of scope.graph.node) {
      const stored = readers.get(node);
      if (!stored) continue;
      const [x] = node.input;
      const operand = known.get(x) ?? quantizedOperand(edit, x);
      edit.replace(scope, node, [...(known.has(x) ? [] : [operand.node]), ...product(edit, node, operand, stored)]);
      known.set(x, operand);
    }
  }
  return rows;
}

interface QuantizedOperand {
  readonly node: NodeProto;
  readonly values: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

function quantizedOperand(edit: ModelEdit, x: string): QuantizedOperand {
  const [values, scale, zero] = ["uint8", "scale", "zero"].map((suffix) => edit.claim(`${x}.${suffix}`));
  return { node: edit.node("DynamicQuantizeLinear", [x], [values, scale, zero]), values, scale, zeroPoint: zero };
}

function product(edit: ModelEdit, node: NodeProto, x: QuantizedOperand, w: StoredWeight): NodeProto[] {
  const [output] = node.output;
  const bias = node.input[2] ?? "";
  const [sums, floats, scale] = ["sums", "float", "scale"].map((suffix) => edit.claim(`${output}.${suffix}`));
  const scaled = bias === "" ? output : edit.claim(`${output}.product`);
  return [
    edit.node("MatMulInteger", [x.values, w.values, x.zeroPoint, w.zeroPoint], [sums]),
    edit.node("Cast", [sums], [floats], [int("to", TensorProto_DataType.FLOAT)]),
    edit.node("Mul", [x.scale, w.scale], [scale]),
    edit.node("Mul", [floats, scale], [scaled]),
    ...(bias === "" ? [] : [edit.node("Add", [scaled, bias], [output])]),
  ];
}
