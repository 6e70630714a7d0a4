import { creation } from "./table/creation.js";
import { elementwise } from "./table/elementwise.js";
import { fused } from "./table/fused.js";
import { matmul } from "./table/matmul.js";
import { movement } from "./table/movement.js";
import { reductions } from "./table/reductions.js";
import type { OpTable } from "./table/row.js";
import { updates } from "./table/updates.js";

export type { OpRow, OpTable } from "./table/row.js";

/** Every op of the contract: its words and its shape and dtype rule. The single source for core, backends, lowerings and tests. */
export const table: OpTable = {
  ...elementwise,
  ...reductions,
  matmul,
  ...movement,
  ...creation,
  ...fused,
  ...updates,
};
