import { info, model } from "../import/model-maker.js";
import { named, weight } from "./models.js";

/** `table` is looked up and multiplied; `first` and `second` multiply the same x; `stack` is a batch of matrices. */
export function sharedWeights(): Uint8Array {
  return model({
    input: [info("x", [3, 12]), info("ids", [2], "int32")],
    output: [info("rows", [2, 10]), info("left", [3, 10]), info("right", [3, 9]), info("batched", [2, 3, 7])],
    node: [
      named("Gather", ["table", "ids"], ["rows"]),
      named("MatMul", ["x", "table"], ["p"]),
      named("MatMul", ["x", "first"], ["q"]),
      named("Add", ["p", "q"], ["left"]),
      named("Gemm", ["x", "second"], ["right"]),
      named("MatMul", ["x", "stack"], ["batched"]),
    ],
    initializer: [
      weight("table", [12, 10], 1, 31),
      // The later weight has the earlier reader.
      weight("second", [12, 9], 1, 33),
      weight("first", [12, 10], 0.5, 32),
      weight("stack", [2, 12, 7], 1, 34),
    ],
  });
}
