import { FormatError, UnrolledError } from "@unrolled/backend";
import { type CsvTable, parseCsv, readSeries } from "@unrolled/datasets";
import type { UserSeries } from "../../session/settings.js";
import { mostValues, requireUsable } from "../../tasks/own.js";

/** Something that was found in a file. Row 1 is its header; row 0: the file as a whole. */
export interface Remark {
  readonly row: number;
  readonly text: string;
}

export interface ReadResult {
  readonly series: UserSeries;
  readonly column: string;
  /** All columns to choose from. */
  readonly columns: readonly string[];
  readonly remarks: readonly Remark[];
}

const fewestShare = 0.5;
const enoughToJudge = 200;
const asCell = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Whether the library reads a cell as a number, in the given file or in one of another country's. */
function isNumber(cell: string): boolean {
  return (["point", "comma"] as const).some((decimal) => {
    try {
      readSeries(`v\n${asCell(cell)}\n`, { column: "v", dateColumn: false, delimiter: ";", decimal });
      return true;
    } catch (error) {
      if (FormatError.is(error)) return false;
      throw error;
    }
  });
}

const isPlainNumber = (cell: string): boolean => cell !== "" && Number.isFinite(Number(cell));
const noValue = /^(|na|n\/a|nan|null|none|-|\.)$/i;

/** Rows whose cell is neither a number nor empty. */
function badRows({ rows }: CsvTable, column: number): number[] {
  return rows.flatMap((cells, i) => {
    const cell = cells[column];
    return isPlainNumber(cell) || noValue.test(cell) || isNumber(cell) ? [] : [i];
  });
}

/** Columns of which at least half of the cells are numbers, but for those that only count the rows. */
function numericColumns(table: CsvTable): string[] {
  const { header, rows } = table;
  const numeric = header.flatMap((name, column) => {
    if (name === "") return [];
    const filled = rows.filter((cells) => !noValue.test(cells[column])).slice(0, enoughToJudge);
    const good = filled.length - badRows({ ...table, rows: filled }, column).length;
    return filled.length > 0 && good >= fewestShare * filled.length ? [column] : [];
  });
  const counts = (column: number): boolean =>
    rows.length > 1 && rows.every((cells, i) => i === 0 || Number(cells[column]) === Number(rows[i - 1][column]) + 1);
  const useful = numeric.filter((column) => !counts(column));
  return (useful.length > 0 ? useful : numeric).map((column) => header[column]);
}

/** A list of nothing but numbers, all in one line or one in each, gets the header that it lacks. */
function withHeader(input: string | Uint8Array): string | Uint8Array {
  const text = typeof input === "string" ? input : new TextDecoder().decode(input);
  const lines = text.trim().split(/\r?\n/);
  const items = (lines.length === 1 ? lines[0].split(/[\s,;]+/) : lines).map((item) =>
    item.replace(/[\s,;]+$/, "").trim(),
  );
  return items.length > 1 && items.every(isPlainNumber) ? `value\n${items.join("\n")}\n` : input;
}

/** What an error of the library says, without the name of the function that raised it. */
export const wordsOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return UnrolledError.is(error) && message.startsWith(`${error.op}: `) ? message.slice(error.op.length + 2) : message;
};

/** A table whose rows do not fit is often one whose rows are parted by something else than its header. */
function parse(input: string | Uint8Array): CsvTable {
  try {
    return parseCsv(input);
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    const [header] = (typeof input === "string" ? input : new TextDecoder().decode(input)).split(/\r?\n/, 1);
    const marks = [...new Set(header.match(/[,;\t|]/g) ?? [])].map((mark) => (mark === "\t" ? "a tab" : `"${mark}"`));
    if (marks.length === 0) throw error;
    throw new FormatError(
      "readUserSeries",
      `${wordsOf(error)}; the header has ${marks.join(" and ")} between its cells`,
      "use the same in every row",
    );
  }
}

/**
 * Reads one column of a CSV text or file. Cells that hold no number are filled in by a straight line between their neighbours, and left out at
 * the beginning and the end; each is named in the remarks. What makes the whole file unreadable is thrown, with its row.
 */
export function readUserSeries(input: string | Uint8Array, name: string, column?: string): ReadResult {
  const table = parse(withHeader(input));
  const columns = numericColumns(table);
  const chosen = column ?? columns[0];
  const index = chosen === undefined ? -1 : table.header.indexOf(chosen);
  if (chosen === undefined || index < 0) {
    readSeries(withHeader(input)); // says why no column can be read
    throw new FormatError("readUserSeries", `there is no column "${chosen}"`, `choose one of ${columns.join(", ")}`);
  }
  const remarks: Remark[] = [];
  const bad = new Set(badRows(table, index));
  for (const i of bad) remarks.push({ row: i + 2, text: `"${table.rows[i][index]}" is not a number` });
  const empty = (i: number): boolean => bad.has(i) || noValue.test(table.rows[i][index]);
  let [first, end] = [0, table.rows.length];
  while (first < end && empty(first)) first++;
  while (end > first && empty(end - 1)) end--;
  for (const i of [...table.rows.keys()].filter((row) => row < first || row >= end))
    remarks.push({ row: i + 2, text: "left out: there is no number before or after it to fill it in from" });
  const cleaned = table.rows.map((cells, i) => cells.map((cell, k) => (k === index && bad.has(i) ? "" : cell)));
  const { values, warnings } = readRows(table, cleaned.slice(first, end), chosen, remarks);
  for (const { row, message } of warnings) remarks.push({ row: row === 0 ? 0 : row + first, text: message });
  if (values.length > mostValues)
    remarks.push({ row: 0, text: `of ${values.length} values the last ${mostValues} are used` });
  const series = {
    name: column === undefined ? name : `${name}, ${chosen}`,
    values: Float32Array.from(values.slice(-mostValues)),
  };
  requireUsable(series);
  return { series, column: chosen, columns, remarks: joined(remarks) };
}

/** One remark a row, in the order of the rows. */
function joined(remarks: readonly Remark[]): Remark[] {
  const byRow = new Map<number, string[]>();
  for (const { row, text } of remarks) {
    const words = text.replace(/^empty cell filled \(\w+\) with/, "filled in, between its neighbours, with");
    byRow.set(row, [...(byRow.get(row) ?? []), words]);
  }
  return [...byRow].map(([row, texts]) => ({ row, text: texts.join("; ") })).sort((a, b) => a.row - b.row);
}

function readRows(
  table: CsvTable,
  rows: readonly (readonly string[])[],
  column: string,
  remarks: Remark[],
): Pick<ReturnType<typeof readSeries>, "values" | "warnings"> {
  const { delimiter } = table;
  const text = [table.header, ...rows].map((cells) => cells.map(asCell).join(delimiter)).join("\n");
  const options = { column, delimiter, missing: "interpolate" } as const;
  try {
    return readSeries(text, options);
  } catch (error) {
    if (!FormatError.is(error)) throw error;
    const read = readSeries(text, { ...options, dateColumn: false }); // raises where the dates are not to blame
    remarks.push({ row: 0, text: `the dates are not used: ${wordsOf(error)}` });
    return read;
  }
}
