import { allocate } from "@unrolled/backend";
import type { ModelBuilder } from "../../builder.js";
import { add } from "./arithmetic.js";
import type { Parameters } from "./cell.js";

/** A bias [G H] as a column [G H, 1]; zeros if it is absent. */
export function biasColumn(b: ModelBuilder, bias: string | null, { wIh, dtype }: Parameters): string {
  const [rows] = wIh.shape;
  if (bias !== null) return b.reshape(bias, [-1, 1]);
  return b.initializer(`${b.scope}/zeros`, allocate(dtype, rows), [rows, 1], dtype);
}

/** [weight_ih | b_ih + b_hh | weight_hh], to multiply with a step's input, a row of ones and the state, one above the other. */
export function packedWeight(b: ModelBuilder, parameters: Parameters): string {
  const { wIh, wHh, bIh, bHh } = parameters;
  const parts = wIh.shape[1] === 0 ? [] : [wIh.name];
  if (bIh && bHh) parts.push(biasColumn(b, add(b, bIh.name, bHh.name), parameters));
  else if (bIh || bHh) parts.push(biasColumn(b, (bIh ?? bHh)?.name ?? null, parameters));
  return b.concat([...parts, wHh.name], 1);
}

/** A step's input and the state, one above the other. */
export function stacked(b: ModelBuilder, column: string | null, state: string): string {
  return b.concat(column === null ? [state] : [column, state], 0);
}
