import { FormatError } from "@unrolled/backend";
import { quote, rowsNamed } from "./quote.js";

/**
 * What becomes of a cell without a value, and of a row that is missing between two dates: an error (a warning for the row), the
 * straight line between its neighbours, or the value before it.
 */
export type MissingPolicy = "error" | "interpolate" | "previous";

/** One value of a series, NaN where it is missing. */
export interface Entry {
  /** Row of the file; absent for one that is not in it. */
  readonly row?: number;
  readonly date?: string;
  value: number;
}

/** Throws a FormatError that names the rows without a value and how those were written. */
export function refuseMissing(op: string, column: string, rows: readonly number[], words: readonly string[]): void {
  if (rows.length === 0) return;
  const written = [...new Set(words.filter((word) => word !== ""))];
  const what = written.length === 0 ? "is empty" : "has no value";
  const how = written.length === 0 ? "" : ` (written as ${written.slice(0, 3).map(quote).join(", ")})`;
  throw new FormatError(
    op,
    `${column} ${what} in ${rowsNamed(rows)}${how}`,
    'fill the cells, or set missing to "interpolate" or "previous"',
  );
}

/** Fills the entries without a value. Throws a FormatError where there is nothing to fill them from. */
export function fillMissing(op: string, column: string, entries: readonly Entry[], policy: MissingPolicy): void {
  const first = entries.findIndex(({ value }) => !Number.isNaN(value));
  if (first > 0) {
    throw new FormatError(
      op,
      `${column} starts with ${first} empty ${first === 1 ? "cell" : "cells"} (from row 2)`,
      "delete those rows: there is no value before them",
    );
  }
  if (policy === "interpolate" && Number.isNaN(entries[entries.length - 1].value)) {
    throw new FormatError(
      op,
      `${column} ends with an empty cell (row ${entries[entries.length - 1].row})`,
      'delete the last rows, or set missing to "previous"',
    );
  }
  entries.forEach((entry, i) => {
    if (!Number.isNaN(entry.value)) return;
    const before = entries[i - 1].value;
    if (policy === "previous") {
      entry.value = before;
      return;
    }
    let next = i + 1;
    while (Number.isNaN(entries[next].value)) next++;
    entry.value = before + (entries[next].value - before) / (next - i + 1);
  });
}
