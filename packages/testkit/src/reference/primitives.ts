import { creation } from "./creation.js";
import { elementwise } from "./elementwise.js";
import { matmul } from "./matmul.js";
import { movement } from "./movement.js";
import type { PrimitiveReferences } from "./primitive-reference.js";
import { reductions } from "./reductions.js";

/** Every primitive, written to be obviously right rather than quick. */
export const primitiveReferences: PrimitiveReferences = {
  ...elementwise,
  ...reductions,
  matmul,
  ...movement,
  ...creation,
};
