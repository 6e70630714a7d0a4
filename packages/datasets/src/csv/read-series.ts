import { ArgumentError, FormatError } from "@unrolled/backend";
import { columnNamed, findDateColumn, onlyNumericColumn } from "./columns.js";
import { parseDateLoosely } from "./date.js";
import type { Delimiter } from "./delimiter.js";
import { findGaps, type SeriesWarning } from "./gaps.js";
import { fillMissing, type MissingPolicy } from "./missing.js";
import { numberRemedy, parseNumber } from "./number.js";
import { type CsvOptions, type CsvTable, parseTable } from "./parse.js";
import { quote, rowsNamed } from "./quote.js";

export interface ReadSeriesOptions extends CsvOptions {
  /** Name of the column to read. Default: the only one that holds numbers. */
  readonly column?: string;
  /**
   * Name of the column of dates; `false` for none. Default: the first one that is named `date` or whose first cell is a date,
   * if there is one.
   */
  readonly dateColumn?: string | false;
  /** What to do about empty cells. Default "error". */
  readonly missing?: MissingPolicy;
}

export interface Series {
  /** Name of the column that was read. */
  readonly column: string;
  readonly values: Float64Array;
  /** Dates as written in the file; absent if it has none. */
  readonly dates?: readonly string[];
  readonly dateColumn?: string;
  readonly header: readonly string[];
  readonly delimiter: Delimiter;
  /** Gaps in the dates, and cells that were filled. */
  readonly warnings: readonly SeriesWarning[];
}

/**
 * Reads one column of numbers out of CSV text or bytes, and the dates beside it. Rows must run from oldest to newest.
 *
 * Numbers are written with a decimal point and without separators; dates year first (`2014-12-31`, `2014/12/31`, `2014-12`,
 * with or without a time; in a named date column also `2014` and `20141231`).
 *
 * @throws FormatError that names the row, the header being row 1, and says what to do: no such column, a cell that is not a
 *   number, an empty cell, dates that are malformed, missing, twice there or out of order, and all that `parseCsv` refuses
 * @example
 * const { values, dates } = readSeries("date,sales\n2024-01-01,5\n2024-01-02,7\n");
 */
export function readSeries(input: string | Uint8Array, options: ReadSeriesOptions = {}): Series {
  const op = "readSeries";
  const { column, dateColumn, missing = "error" } = options;
  if (!["error", "interpolate", "previous"].includes(missing)) {
    throw new ArgumentError(op, `missing is ${JSON.stringify(missing)}`, 'use "error", "interpolate" or "previous"');
  }
  if (column !== undefined && column === dateColumn) {
    throw new ArgumentError(op, `column and dateColumn are both ${quote(column)}`, "name two columns");
  }
  const table = parseTable(op, input, options);
  const named = column === undefined ? null : columnNamed(op, table, column);
  const dateIndex =
    typeof dateColumn === "string"
      ? columnNamed(op, table, dateColumn)
      : dateColumn === false
        ? null
        : findDateColumn(table, named);
  const valueIndex = named ?? onlyNumericColumn(op, table, dateIndex);
  const { values, empty } = readNumbers(op, table, valueIndex);
  fillMissing(op, table.header[valueIndex], values, empty, missing);
  const filled = empty.map(
    (i): SeriesWarning => ({ row: i + 2, message: `empty cell filled (${missing}) with ${values[i]}` }),
  );
  const common = { column: table.header[valueIndex], values, header: table.header, delimiter: table.delimiter };
  if (dateIndex === null) return { ...common, warnings: filled };
  const dates = table.rows.map((cells) => cells[dateIndex]);
  const times = readTimes(op, table.header[dateIndex], dates, dateColumn === undefined);
  const warnings = [...findGaps(times, dates), ...filled].sort((a, b) => a.row - b.row);
  return { ...common, dates, dateColumn: table.header[dateIndex], warnings };
}

function readNumbers(
  op: string,
  { header, rows }: CsvTable,
  column: number,
): { values: Float64Array; empty: number[] } {
  const values = new Float64Array(rows.length);
  const empty: number[] = [];
  rows.forEach((cells, i) => {
    const cell = cells[column];
    const value = cell === "" ? Number.NaN : parseNumber(cell);
    if (value === null) {
      throw new FormatError(
        op,
        `row ${i + 2}, column ${quote(header[column])}: ${quote(cell)} is not a number`,
        numberRemedy(cell),
      );
    }
    if (cell === "") empty.push(i);
    values[i] = value;
  });
  if (empty.length === rows.length) {
    throw new FormatError(op, `column ${quote(header[column])} is empty in every row`, "choose another column");
  }
  return { values, empty };
}

function readTimes(op: string, name: string, dates: readonly string[], guessed: boolean): number[] {
  const ignoring = guessed ? "; or pass dateColumn: false to ignore the dates" : "";
  const times = dates.map((cell, i) => {
    const place = `row ${i + 2}, column ${quote(name)}`;
    if (cell === "") throw new FormatError(op, `${place}: the date is missing`, `fill it in${ignoring}`);
    const time = parseDateLoosely(cell);
    if (time === null) {
      throw new FormatError(
        op,
        `${place}: ${quote(cell)} is not a date`,
        `write dates year first, as 2014-12-31${ignoring}`,
      );
    }
    return time;
  });
  requireAscending(op, name, dates, times, ignoring);
  return times;
}

function requireAscending(
  op: string,
  name: string,
  dates: readonly string[],
  times: readonly number[],
  ignoring: string,
): void {
  const rowsWhere = (wrong: (now: number, before: number) => boolean): number[] =>
    times.flatMap((time, i) => (i > 0 && wrong(time, times[i - 1]) ? [i + 2] : []));
  const backward = rowsWhere((now, before) => now < before);
  if (times.length > 1 && backward.length === times.length - 1) {
    throw new FormatError(
      op,
      `the dates of column ${quote(name)} run from newest (row 2) to oldest`,
      `sort the rows oldest first${ignoring}`,
    );
  }
  if (backward.length > 0) {
    const i = backward[0] - 2;
    throw new FormatError(
      op,
      `column ${quote(name)} goes back in time in ${rowsNamed(backward)} (${dates[i - 1]}, then ${dates[i]})`,
      `sort the rows oldest first${ignoring}`,
    );
  }
  const twice = rowsWhere((now, before) => now === before);
  if (twice.length > 0) {
    throw new FormatError(
      op,
      `column ${quote(name)} repeats the date before it in ${rowsNamed(twice)} (${dates[twice[0] - 2]})`,
      `keep one row for each date${ignoring}`,
    );
  }
}
