import { ArgumentError, FormatError, requireKnownOptions } from "@unrolled/backend";
import { columnCalled, columnNamed, findDateColumn, markOf, onlyNumericColumn } from "./columns.js";
import { type DateOrder, dateOrderOf, isoDate, parseDateLoosely } from "./date.js";
import type { Delimiter } from "./delimiter.js";
import { findGaps, gapsToFill, type SeriesWarning } from "./gaps.js";
import { type Entry, fillMissing, type MissingPolicy, refuseMissing } from "./missing.js";
import { type DecimalMark, isMissing, numberRemedy, parseNumber, refuseUnclearComma } from "./number.js";
import { type CsvOptions, type CsvTable, csvOptions, parseTable } from "./parse.js";
import { quote, rowsNamed } from "./quote.js";

/** Options of `readSeries`. */
export interface ReadSeriesOptions extends CsvOptions {
  /** Name of the column to read. Default: the only one that holds numbers. */
  readonly column?: string;
  /**
   * Name of the column of dates; `false` for none. Default: the first one that is named `date` or whose first cell is a date,
   * if there is one.
   */
  readonly dateColumn?: string | false;
  /**
   * The order of day, month and year. Default "auto": year first, or day first with points (`31.12.2014`), or what a number
   * above 12 tells (`31/12/2014`, `12/31/2014`).
   */
  readonly dateOrder?: "auto" | DateOrder;
  /** What sets off the decimals. Default "auto": a point, or a comma where no comma stands between cells and it is clear. */
  readonly decimal?: "auto" | DecimalMark;
  /**
   * What to do about cells without a value (empty, `NA`, `NaN`, `null`) and, unless "error", about rows that are missing between
   * two dates. Default "error": such cells are refused, such rows listed in the warnings.
   */
  readonly missing?: MissingPolicy;
}

const own: readonly Exclude<keyof ReadSeriesOptions, keyof CsvOptions>[] = [
  "column",
  "dateColumn",
  "dateOrder",
  "decimal",
  "missing",
];

/** One column of numbers, with the dates beside it where there are any. */
export interface Series {
  /** Name of the column that was read. */
  readonly column: string;
  readonly values: Float64Array;
  /** Dates as written in the file, or year first where they were not; absent if it has none. */
  readonly dates?: readonly string[];
  readonly dateColumn?: string;
  readonly header: readonly string[];
  readonly delimiter: Delimiter;
  /** Gaps in the dates, what was filled, and what was not plain to read. */
  readonly warnings: readonly SeriesWarning[];
}

/**
 * Reads one column of numbers out of CSV text or bytes, and the dates beside it. Rows must run from oldest to newest.
 *
 * Numbers are written with a decimal point or, where commas do not part the cells, a decimal comma; dates year first
 * (`2014-12-31`, `2014/12/31`, `2014-12`), or as `31.12.2014`, `31/12/2014` or `12/31/2014`, with or without a time; in a named
 * date column also `2014` and `20141231`.
 *
 * @throws FormatError that names the row, the header being row 1, and says what to do: no such column, a cell that is not a
 *   number, a cell without a value, dates that are malformed, unclear, missing, twice there or out of order, and all that
 *   `parseCsv` refuses
 * @throws ArgumentError if column and dateColumn are the same
 * @example
 * const { values, dates } = readSeries("date,sales\n2024-01-01,5\n2024-01-02,7\n");
 */
export function readSeries(input: string | Uint8Array, options: ReadSeriesOptions = {}): Series {
  const op = "readSeries";
  requireKnownOptions(op, options, [...own, ...csvOptions]);
  const { column, dateColumn, missing = "error", decimal = "auto", dateOrder = "auto" } = options;
  requireOneOf(op, "missing", missing, ["error", "interpolate", "previous"]);
  requireOneOf(op, "decimal", decimal, ["auto", "point", "comma"]);
  requireOneOf(op, "dateOrder", dateOrder, ["auto", "ymd", "dmy", "mdy"]);
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
  const valueIndex = named ?? onlyNumericColumn(op, table, dateIndex, decimal);
  const warnings: SeriesWarning[] = [];
  if (table.decodedAs !== undefined)
    warnings.push({ row: 0, message: "the file is not UTF-8 and was read as Latin-1" });
  const values = readNumbers(op, table, valueIndex, decimal, warnings);
  const called = columnCalled(table.header, valueIndex);
  const empty = values.flatMap((value, i) => (Number.isNaN(value) ? [i + 2] : []));
  if (missing === "error")
    refuseMissing(
      op,
      called,
      empty,
      empty.map((row) => table.rows[row - 2][valueIndex]),
    );
  const dated =
    dateIndex === null ? null : readDates(op, table, dateIndex, dateOrder, dateColumn === undefined, warnings);
  const entries = values.map((value, i): Entry => {
    return { row: i + 2, value, ...(dated !== null && { date: dated.dates[i] }) };
  });
  if (dated !== null && missing === "error") warnings.push(...findGaps(dated.times, dated.dates));
  const complete = dated === null || missing === "error" ? entries : withoutGaps(op, entries, dated, missing, warnings);
  if (missing !== "error") fillMissing(op, called, complete, missing);
  for (const row of empty) {
    warnings.push({ row, message: `empty cell filled (${missing}) with ${entries[row - 2].value}` });
  }
  return {
    column: table.header[valueIndex],
    values: Float64Array.from(complete, ({ value }) => value),
    ...(dated !== null && dateIndex !== null && { dates: complete.map(dateOf), dateColumn: table.header[dateIndex] }),
    header: table.header,
    delimiter: table.delimiter,
    warnings: warnings.sort((a, b) => a.row - b.row),
  };
}

const dateOf = ({ date = "" }: Entry): string => date;

function requireOneOf(op: string, name: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  const names = allowed.map((item) => JSON.stringify(item));
  throw new ArgumentError(
    op,
    `${name} is ${JSON.stringify(value)}`,
    `use ${names.slice(0, -1).join(", ")} or ${names[names.length - 1]}`,
  );
}

function readNumbers(
  op: string,
  table: CsvTable,
  column: number,
  decimal: "auto" | DecimalMark,
  warnings: SeriesWarning[],
): number[] {
  const { header, rows } = table;
  const called = columnCalled(header, column);
  const mark = decimal === "auto" ? markOf(table, column) : decimal;
  if (mark === "comma" && decimal === "auto") {
    const cells = rows.map((row) => row[column]);
    refuseUnclearComma(op, header[column], cells);
    const example = quote(cells.find((cell) => cell.includes(",")) ?? "");
    warnings.push({ row: 0, message: `${called} has decimal commas, as in ${example}` });
  }
  const values = rows.map((cells, i) => {
    const cell = cells[column];
    const value = isMissing(cell) ? Number.NaN : parseNumber(cell, mark);
    if (value === null)
      throw new FormatError(op, `row ${i + 2}, ${called}: ${quote(cell)} is not a number`, numberRemedy(cell));
    return value;
  });
  if (values.every(Number.isNaN)) throw new FormatError(op, `${called} is empty in every row`, "choose another column");
  return values;
}

interface Dated {
  readonly dates: readonly string[];
  readonly times: readonly number[];
}

/** The entries with those of missing rows put in between. */
function withoutGaps(
  op: string,
  entries: readonly Entry[],
  { times, dates }: Dated,
  policy: MissingPolicy,
  warnings: SeriesWarning[],
): Entry[] {
  const gaps = new Map(gapsToFill(op, times, dates, policy).map((gap) => [gap.before, gap]));
  const total = [...gaps.values()].reduce((sum, gap) => sum + gap.times.length, 0);
  if (gaps.size > 1) warnings.push({ row: 0, message: `${total} missing rows in ${gaps.size} places were filled` });
  for (const warning of findGaps(times, dates)) {
    const gap = gaps.get(warning.row);
    warnings.push(gap === undefined ? warning : { row: gap.before, message: gap.message });
  }
  return entries.flatMap((entry) => {
    const gap = gaps.get(entry.row ?? 0);
    return [...(gap?.times ?? []).map((time): Entry => ({ date: isoDate(time), value: Number.NaN })), entry];
  });
}

function readDates(
  op: string,
  { header, rows }: CsvTable,
  column: number,
  asked: "auto" | DateOrder,
  guessed: boolean,
  warnings: SeriesWarning[],
): Dated {
  const ignoring = guessed ? "; or pass dateColumn: false to ignore the dates" : "";
  const called = columnCalled(header, column);
  const cells = rows.map((row) => row[column]);
  const order = asked === "auto" ? dateOrderOf(cells) : asked;
  if (order === null) {
    throw new FormatError(
      op,
      `the dates of ${called} may be day first or month first, as ${quote(cells[0])}`,
      `set dateOrder to "dmy" or "mdy"${ignoring}`,
    );
  }
  const times = cells.map((cell, i) => {
    const place = `row ${i + 2}, ${called}`;
    if (cell === "") throw new FormatError(op, `${place}: the date is missing`, `fill it in${ignoring}`);
    const time = parseDateLoosely(cell, order);
    if (time !== null) return time;
    const remedy = order === "ymd" ? "write dates year first, as 2014-12-31" : `write dates as ${examples[order]}`;
    throw new FormatError(op, `${place}: ${quote(cell)} is not a date`, `${remedy}${ignoring}`);
  });
  requireAscending(op, called, cells, times, ignoring);
  if (order === "ymd") return { dates: cells, times };
  if (asked === "auto" && order === "mdy")
    warnings.push({ row: 0, message: `the dates of ${called} were read as month/day/year` });
  return { dates: times.map(isoDate), times };
}

const examples = { dmy: "31.12.2014", mdy: "12/31/2014" } as const;

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
      `the dates of ${name} run from newest (row 2) to oldest`,
      `sort the rows oldest first${ignoring}`,
    );
  }
  if (backward.length > 0) {
    const i = backward[0] - 2;
    throw new FormatError(
      op,
      `${name} goes back in time in ${rowsNamed(backward)} (${dates[i - 1]}, then ${dates[i]})`,
      `sort the rows oldest first${ignoring}`,
    );
  }
  const twice = rowsWhere((now, before) => now === before);
  if (twice.length > 0) {
    throw new FormatError(
      op,
      `${name} repeats the date before it in ${rowsNamed(twice)} (${dates[twice[0] - 2]})`,
      `keep one row for each date${ignoring}`,
    );
  }
}
