import type { Importers } from "../import-call.js";
import { activationOps } from "./activation-ops.js";
import { creation } from "./creation.js";
import { elementwise } from "./elementwise.js";
import { movement } from "./movement.js";
import { products } from "./products.js";
import { reductions } from "./reductions.js";
import { scans } from "./scan.js";
import { sequences } from "./sequences.js";

/** The ONNX operators that are known. */
export const importers: Importers = {
  ...elementwise,
  ...activationOps,
  ...reductions,
  ...products,
  ...movement,
  ...creation,
  ...sequences,
  ...scans,
};
