import type { PrimitiveOp } from "@unrolled/backend";
import type { Computes } from "./compute.js";
import { creation } from "./creation.js";
import { elementwise } from "./elementwise.js";
import { indexing } from "./indexing.js";
import { matmul } from "./matmul.js";
import { movement } from "./movement.js";
import { reductions } from "./reductions.js";

/** Every primitive of the op table. */
export const computes: Computes<PrimitiveOp> = {
  ...elementwise,
  ...reductions,
  ...matmul,
  ...movement,
  ...indexing,
  ...creation,
};
