import type { PrimitiveOp } from "@unrolled/backend";
import type { Computes } from "../../kernels/compute.js";
import type { TensorFlowDevice } from "../device.js";
import { creation } from "./creation.js";
import { elementwise } from "./elementwise.js";
import { indexing } from "./indexing.js";
import { matmul } from "./matmul.js";
import { movement } from "./movement.js";
import { reductions } from "./reductions.js";

/** Every primitive of the op table by TensorFlow's own ops. */
export function tensorFlowComputes(tf: TensorFlowDevice): Computes<PrimitiveOp> {
  return {
    ...elementwise(tf),
    ...reductions(tf),
    ...matmul(tf),
    ...movement(tf),
    ...indexing(tf),
    ...creation(tf),
  };
}
