import { ArgumentError } from "@unrolled/backend";
import type { CellKind } from "./cell-kind.js";
import { gru } from "./gru.js";
import { lstm } from "./lstm.js";
import { rnn } from "./rnn.js";

/** Every kind of cell that the page offers, in the order of the form. */
export const cellKinds: readonly CellKind[] = [rnn, lstm, gru];

export function cellKind(id: string): CellKind {
  const kind = cellKinds.find((one) => one.id === id);
  if (kind) return kind;
  throw new ArgumentError("cell", `no cell "${id}"`, `use one of ${cellKinds.map((one) => one.id).join(", ")}`);
}
