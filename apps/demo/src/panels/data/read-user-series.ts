import { FormatError, UnrolledError } from "@unrolled/backend";
import { type CsvTable, parseCsv, readSeries } from "@unrolled/datasets";
import type { UserSeries } from "../../session/settings.js";
import { mostValues, requireUsable } from "../../tasks/own.js";
import { type Commas, type Layout, layOut } from "./layout.js";

/** Something that was found in a file, with its row as one counts them there; row 0: the file as a whole. */
export interface Remark {
  readonly row: number;
  readonly text: string;
}

export interface ReadResult {
  readonly series: UserSeries;
  readonly column: string;
  /** All columns to choose from. */
  readonly columns: readonly string[];
  /** How "0,5" was taken, where it can be one number or two; null: it is clear. */
  readonly commas: Commas | null;
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

/** What an error of the library says, without the name of the function that raised it. */
export const wordsOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return UnrolledError.is(error) && message.startsWith(`${error.op}: `) ? message.slice(error.op.length + 2) : message;
};

/** Text of UTF-8; null for what only the library can decode. */
function textOf(input: string | Uint8Array): string | null {
  if (typeof input === "string") return input;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(input);
  } catch (error) {
    if (error instanceof TypeError) return null; // another encoding
    throw error;
  }
}

/** The header that a file got is none of its rows. */
const inRowsOfFile = (words: string, { headerAdded }: Layout): string =>
  headerAdded ? words.replace(/\brow (\d+)/g, (_, row: string) => `row ${Number(row) - 1}`) : words;

/** A table whose rows do not fit is often one whose rows are parted by something else than its header. */
function parse(layout: Layout, input: string | Uint8Array): CsvTable {
  try {
    return parseCsv(input, layout.delimiter === null ? {} : { delimiter: layout.delimiter });
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    const [first] = (typeof input === "string" ? input : new TextDecoder().decode(input)).split(/\r?\n/, 1);
    const marks = [...new Set(first.match(/[,;\t|]/g) ?? [])].map((mark) => (mark === "\t" ? "a tab" : `"${mark}"`));
    const words = inRowsOfFile(wordsOf(error), layout);
    if (marks.length === 0 && !layout.headerAdded) throw error;
    const where = layout.headerAdded ? "the first row" : "the header";
    throw new FormatError(
      "readUserSeries",
      layout.headerAdded ? words.replace("the header has", "the first row has") : words,
      marks.length === 0
        ? "write every row alike"
        : `${where} has ${marks.join(" and ")} between its cells; use the same in every row`,
    );
  }
}

/**
 * Reads one column of a CSV text or file, or a list of numbers. Cells that hold no number are filled in by a straight line between their
 * neighbours, and left out at the beginning and the end; each is named in the remarks. What makes the whole file unreadable is thrown, with its row.
 */
export function readUserSeries(input: string | Uint8Array, name: string, column?: string, commas?: Commas): ReadResult {
  const text = textOf(input);
  const layout: Layout =
    text === null ? { text: "", delimiter: null, headerAdded: false, commas: null, remarks: [] } : layOut(text, commas);
  const whole = text === null ? input : layout.text;
  const table = parse(layout, whole);
  const columns = numericColumns(table);
  const chosen = column ?? columns[0];
  const index = chosen === undefined ? -1 : table.header.indexOf(chosen);
  if (chosen === undefined || index < 0) {
    readSeries(whole); // says why no column can be read
    throw new FormatError("readUserSeries", `there is no column "${chosen}"`, `choose one of ${columns.join(", ")}`);
  }
  const rowOfFirst = layout.headerAdded ? 1 : 2;
  const remarks: Remark[] = layout.remarks.map((words) => ({ row: 0, text: words }));
  const bad = new Set(badRows(table, index));
  for (const i of bad) remarks.push({ row: i + rowOfFirst, text: `"${table.rows[i][index]}" is not a number` });
  const empty = (i: number): boolean => bad.has(i) || noValue.test(table.rows[i][index]);
  let [first, end] = [0, table.rows.length];
  while (first < end && empty(first)) first++;
  while (end > first && empty(end - 1)) end--;
  for (const i of [...table.rows.keys()].filter((row) => row < first || row >= end))
    remarks.push({ row: i + rowOfFirst, text: "left out: there is no number before or after it to fill it in from" });
  const cleaned = table.rows.map((cells, i) => cells.map((cell, k) => (k === index && bad.has(i) ? "" : cell)));
  const { values, warnings } = readRows(table, cleaned.slice(first, end), index, remarks);
  for (const { row, message } of warnings)
    remarks.push({ row: row === 0 ? 0 : row + first + rowOfFirst - 2, text: message });
  if (values.length > mostValues)
    remarks.push({ row: 0, text: `of ${values.length} values the last ${mostValues} are used` });
  const series = {
    name: column === undefined ? name : `${name}, ${chosen}`,
    values: Float32Array.from(values.slice(-mostValues)),
  };
  requireUsable(series);
  return { series, column: chosen, columns, commas: layout.commas, remarks: joined(remarks) };
}

/** One remark a row, in the order of the rows. */
function joined(remarks: readonly Remark[]): Remark[] {
  const byRow = new Map<number, string[]>();
  for (const { row, text } of remarks) {
    const words = text.replace(
      /^empty cell filled \(\w+\) with (.*)/,
      (_, value: string) => `filled in, between its neighbours, with ${Number(Number(value).toPrecision(4))}`,
    );
    byRow.set(row, [...(byRow.get(row) ?? []), words]);
  }
  return [...byRow].map(([row, texts]) => ({ row, text: texts.join("; ") })).sort((a, b) => a.row - b.row);
}

const likeThousands = /^[+-]?[1-9]\d{0,2},\d{3}$/;

function readRows(
  table: CsvTable,
  rows: readonly (readonly string[])[],
  index: number,
  remarks: Remark[],
): Pick<ReturnType<typeof readSeries>, "values" | "warnings"> {
  const { delimiter, header } = table;
  const text = [header, ...rows].map((cells) => cells.map(asCell).join(delimiter)).join("\n");
  const options = { column: header[index], delimiter, missing: "interpolate" } as const;
  const commas = rows.map((cells) => cells[index]).filter((cell) => cell.includes(","));
  const unclear = delimiter !== "," && commas.length > 0 && commas.every((cell) => likeThousands.test(cell));
  if (unclear)
    remarks.push({
      row: 0,
      text: `the comma is read as a decimal mark: "${commas[0]}" as ${commas[0].replace(",", ".")}`,
    });
  const decimal = unclear ? ({ decimal: "comma" } as const) : {};
  try {
    return readSeries(text, { ...options, ...decimal });
  } catch (error) {
    if (!FormatError.is(error)) throw error;
    const read = readSeries(text, { ...options, ...decimal, dateColumn: false }); // raises where the dates are not to blame
    const problem = wordsOf(error).replace(`; ${error.remedy}`, "");
    remarks.push({ row: 0, text: `the dates are not used: ${problem}. The values are taken in the order of the rows` });
    return read;
  }
}
