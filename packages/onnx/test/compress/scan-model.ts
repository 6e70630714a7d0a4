import { create } from "@bufbuild/protobuf";
import { AttributeProto_AttributeType, GraphProtoSchema, NodeProtoSchema } from "onnx-buf";
import { info, model } from "../import/model-maker.js";
import { named, weight } from "./models.js";

/** state = tanh(x·outer + state·inner) + outer.add: two tensors of the main graph, read in the body, and one of the body. */
export function scanModel(): Uint8Array {
  const body = create(GraphProtoSchema, {
    name: "body",
    input: [info("state", [1, 8]), info("step", [12])],
    output: [info("next", [1, 8]), info("out", [1, 8])],
    node: [
      named("Unsqueeze", ["step", "axes"], ["row"]),
      named("MatMul", ["row", "outer"], ["a"]),
      named("MatMul", ["state", "inner"], ["b"]),
      named("Add", ["a", "b"], ["c"]),
      named("Tanh", ["c"], ["d"]),
      named("ReduceMean", ["outer.add"], ["e"], { axes: [0], keepdims: 1 }),
      named("Add", ["d", "e"], ["next"]),
      named("Identity", ["next"], ["out"]),
    ],
    initializer: [weight("inner", [8, 8], 0.6, 21)],
  });
  const scan = create(NodeProtoSchema, {
    opType: "Scan",
    input: ["start", "x"],
    output: ["last", "y"],
    attribute: [
      { name: "body", type: AttributeProto_AttributeType.GRAPH, g: body },
      { name: "num_scan_inputs", type: AttributeProto_AttributeType.INT, i: 1n },
    ],
  });
  return model({
    input: [info("x", ["time", 12])],
    output: [info("y", ["time", 1, 8]), info("last", [1, 8])],
    node: [scan],
    initializer: [
      weight("outer", [12, 8], 1, 22),
      weight("outer.add", [6, 8], 1, 23),
      { name: "axes", dims: [1n], dataType: 7, int64Data: [0n] },
      { name: "start", dims: [1n, 8n], dataType: 1, floatData: new Array(8).fill(0.1) },
    ],
  });
}
