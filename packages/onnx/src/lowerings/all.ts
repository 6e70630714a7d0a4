import type { Lowerings } from "../lowering.js";
import { creation } from "./creation.js";
import { elementwise } from "./elementwise.js";
import { products } from "./matmul.js";
import { movement } from "./movement.js";
import { normalisations } from "./normalised.js";
import { reductions } from "./reductions.js";
import { sequences } from "./sequences.js";
import { updates } from "./updates.js";

/** How each op of the contract is said in ONNX. An op without a lowering does not compile. */
export const lowerings: Lowerings = {
  ...elementwise,
  ...reductions,
  ...products,
  ...normalisations,
  ...movement,
  ...creation,
  ...sequences,
  ...updates,
};
