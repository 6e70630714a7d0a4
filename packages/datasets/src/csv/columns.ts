import { FormatError } from "@unrolled/backend";
import { isDate, parseDateLoosely } from "./date.js";
import { type DecimalMark, decimalMarkOf, isMissing, numberRemedy, parseNumber } from "./number.js";
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

/** `column "sales"`, or `column 2, which has no name,`. */
export function columnCalled(header: readonly string[], index: number): string {
  return header[index] === "" ? `column ${index + 1}, which has no name,` : `column ${quote(header[index])}`;
}

/** The decimal mark of a column, where it was not said. In a file with commas between cells it is the point. */
export function markOf({ rows, delimiter }: CsvTable, column: number): DecimalMark {
  return delimiter === "," ? "point" : decimalMarkOf(rows.map((cells) => cells[column]));
}

/**
 * The only column of which at least half of the cells that are not empty are numbers, or the only one at all. Columns
 * without a name do not count.
 */
export function onlyNumericColumn(
  op: string,
  table: CsvTable,
  except: number | null,
  mark: DecimalMark | "auto",
): number {
  const { header } = table;
  refuseHeaderOfData(op, header);
  const candidates = header.flatMap((name, i) => (name !== "" && i !== except ? [i] : []));
  if (candidates.length === 1) return candidates[0];
  const shares = new Map(candidates.map((i) => [i, numericShare(table, i, mark === "auto" ? markOf(table, i) : mark)]));
  const numeric = candidates.filter((i) => (shares.get(i) ?? 0) >= 0.5);
  if (numeric.length === 1) return numeric[0];
  if (numeric.length === 0) throw noNumbers(op, table, candidates, shares, except);
  const names = numeric.map((i) => header[i]);
  throw new FormatError(
    op,
    `columns ${names.map(quote).join(", ")} all hold numbers`,
    `choose one, as column: ${quote(names[0])}`,
  );
}

const certainly = /^date$/i;
const likely = /^(datum|year|jahr)$/i;

/**
 * The first column that is named `date`, starts with a date, or is named as years are and holds ascending ones; null if there
 * is none.
 */
export function findDateColumn({ header, rows }: CsvTable, except: number | null): number | null {
  const ascending = (column: number): boolean => {
    const times = rows.map((cells) => parseDateLoosely(cells[column]) ?? Number.NaN);
    return times.every((time, i) => (i === 0 ? !Number.isNaN(time) : time > times[i - 1]));
  };
  const found = header.findIndex(
    (name, i) => i !== except && (certainly.test(name) || isDate(rows[0][i]) || (likely.test(name) && ascending(i))),
  );
  return found < 0 ? null : found;
}

function refuseHeaderOfData(op: string, header: readonly string[]): void {
  const names = header.filter((name) => name !== "");
  if (names.length > 0 && names.every((name) => parseNumber(name) !== null || isDate(name))) {
    throw new FormatError(
      op,
      "row 1 holds data where the column names should be",
      `add a header row above it; if they are names, choose one, as column: ${quote(names[names.length - 1])}`,
    );
  }
}

function numericShare({ rows }: CsvTable, column: number, mark: DecimalMark): number {
  const filled = rows.filter((cells) => !isMissing(cells[column]));
  const numbers = filled.filter((cells) => parseNumber(cells[column], mark) !== null);
  return filled.length === 0 ? 0 : numbers.length / filled.length;
}

/** The error that names the likeliest column and the first cell in it that is not a number. */
function noNumbers(
  op: string,
  { header, rows }: CsvTable,
  candidates: readonly number[],
  shares: ReadonlyMap<number, number>,
  dateColumn: number | null,
): FormatError {
  if (candidates.length === 0) {
    const unnamed = header.findIndex((name, i) => name === "" && i !== dateColumn);
    if (unnamed >= 0) return new FormatError(op, `column ${unnamed + 1} has no name`, "give it one in row 1");
    return new FormatError(op, `there is no column beside ${namesOf(header)}`, "add a column of numbers");
  }
  const startsLikeNumber = (column: number): number => rows.filter((cells) => /^[^a-z]?\d/i.test(cells[column])).length;
  const likelihood = new Map(candidates.map((i) => [i, (shares.get(i) ?? 0) + startsLikeNumber(i) / rows.length]));
  const [best] = [...candidates].sort((a, b) => (likelihood.get(b) ?? 0) - (likelihood.get(a) ?? 0));
  const row = rows.findIndex((cells) => !isMissing(cells[best]) && parseNumber(cells[best]) === null);
  const problem = `no column holds numbers; there are ${namesOf(header)}`;
  if (row < 0) return new FormatError(op, problem, "write numbers as 1234.5");
  const cell = rows[row][best];
  const where = `row ${row + 2}, column ${quote(header[best])}: ${quote(cell)} is not a number`;
  return new FormatError(op, `${problem}; ${where}`, numberRemedy(cell));
}

function namesOf(header: readonly string[]): string {
  return header
    .filter((name) => name !== "")
    .map(quote)
    .join(", ");
}
