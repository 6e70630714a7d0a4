import { FormatError } from "@unrolled/backend";
import { quote, rowsNamed } from "./quote.js";

/** What becomes of an empty cell: an error, the straight line between its neighbours, or the value before it. */
export type MissingPolicy = "error" | "interpolate" | "previous";

/** Fills `values[i]` for each i in `empty` (ascending), or throws a FormatError that names the rows. */
export function fillMissing(
  op: string,
  column: string,
  values: Float64Array,
  empty: readonly number[],
  policy: MissingPolicy,
): void {
  if (empty.length === 0) return;
  const rows = empty.map((i) => i + 2);
  if (policy === "error") {
    throw new FormatError(
      op,
      `column ${quote(column)} is empty in ${rowsNamed(rows)}`,
      'fill the cells, or set missing to "interpolate" or "previous"',
    );
  }
  const isEmpty = new Set(empty);
  const first = firstFilled(values.length, isEmpty);
  if (first > 0) {
    throw new FormatError(
      op,
      `column ${quote(column)} starts with ${first} empty ${first === 1 ? "cell" : "cells"} (from row 2)`,
      "delete those rows: there is no value before them",
    );
  }
  if (policy === "previous") {
    for (const i of empty) values[i] = values[i - 1];
    return;
  }
  if (isEmpty.has(values.length - 1)) {
    throw new FormatError(
      op,
      `column ${quote(column)} ends with an empty cell (row ${values.length + 1})`,
      'delete the last rows, or set missing to "previous"',
    );
  }
  for (const i of empty) {
    let next = i + 1;
    while (isEmpty.has(next)) next++;
    values[i] = values[i - 1] + (values[next] - values[i - 1]) / (next - i + 1);
  }
}

function firstFilled(length: number, isEmpty: ReadonlySet<number>): number {
  for (let i = 0; i < length; i++) if (!isEmpty.has(i)) return i;
  return length;
}
