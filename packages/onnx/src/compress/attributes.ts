import type { NodeProto } from "onnx-buf";

/** A number among the attributes of a node. */
export function attributeNumber(node: NodeProto, name: string, otherwise: number): number {
  const found = node.attribute.find((attribute) => attribute.name === name);
  return found ? found.f + Number(found.i) : otherwise;
}
