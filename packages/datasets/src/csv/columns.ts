import { FormatError } from "@unrolled/backend";
import { parseDate } from "./date.js";
import { parseNumber } from "./number.js";
import type { CsvTable } from "./parse.js";
import { quote } from "./quote.js";

/** Index of the column of that name. */
export function columnNamed(op: string, { header }: CsvTable, name: string): number {
  const index = header.indexOf(name);
  if (index < 0 || name === "") {
    throw new FormatError(op, `there is no column ${quote(name)}`, `choose one of ${namesOf(header)}`);
  }
  return index;
}

/**
 * The only column of which at least half of the cells that are not empty are numbers, or the only one at all. Columns
 * without a name do not count.
 */
export function onlyNumericColumn(op: string, table: CsvTable, except: number | null): number {
  const { header } = table;
  refuseHeaderOfData(op, header);
  const candidates = header.flatMap((name, i) => (name !== "" && i !== except ? [i] : []));
  const numeric = candidates.length === 1 ? candidates : candidates.filter((i) => isMostlyNumeric(table, i));
  if (numeric.length === 1) return numeric[0];
  if (numeric.length === 0)
    throw new FormatError(op, `no column holds numbers; there are ${namesOf(header)}`, "write numbers as 1234.5");
  const names = numeric.map((i) => header[i]);
  throw new FormatError(
    op,
    `columns ${names.map(quote).join(", ")} all hold numbers`,
    `choose one, as column: ${quote(names[0])}`,
  );
}

/** The first column that is named `date` or starts with a date; null if there is none. */
export function findDateColumn({ header, rows }: CsvTable, except: number | null): number | null {
  const found = header.findIndex((name, i) => i !== except && (/^date$/i.test(name) || parseDate(rows[0][i]) !== null));
  return found < 0 ? null : found;
}

function refuseHeaderOfData(op: string, header: readonly string[]): void {
  const names = header.filter((name) => name !== "");
  if (names.length > 0 && names.every((name) => parseNumber(name) !== null || parseDate(name) !== null)) {
    throw new FormatError(
      op,
      "row 1 holds data where the column names should be",
      "add a header row above it, or name the column",
    );
  }
}

function isMostlyNumeric({ rows }: CsvTable, column: number): boolean {
  const filled = rows.filter((cells) => cells[column] !== "");
  const numbers = filled.filter((cells) => parseNumber(cells[column]) !== null);
  return numbers.length > 0 && numbers.length * 2 >= filled.length;
}

function namesOf(header: readonly string[]): string {
  return header
    .filter((name) => name !== "")
    .map(quote)
    .join(", ");
}
