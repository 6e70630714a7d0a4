import { FormatError, UnrolledError } from "@unrolled/backend";
import { type CsvTable, type DecimalMark, parseCsv, readSeries } from "@unrolled/datasets";
import type { UserSeries } from "../../session/settings.js";
import { mostValues, requireUsable } from "../../tasks/own.js";
import { asCell, badRows, decimalMarkOf, isEmpty, numericColumns } from "./column-numbers.js";
import { type Commas, type Layout, layOut } from "./layout.js";
import { rangeOf } from "./range-of.js";

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

/** The row of the file that the library calls row 1: a header that was added is none, comments above it are some. */
const rowOfHeader = ({ headerAdded, skipped }: Layout): number => skipped + (headerAdded ? 0 : 1);

const inRowsOfFile = (words: string, layout: Layout): string =>
  words.replace(/\brow (\d+)/g, (_, row: string) => `row ${Number(row) - 1 + rowOfHeader(layout)}`);

/** A table whose rows do not fit is often one whose rows are parted by something else than its header. */
function parse(layout: Layout, input: string | Uint8Array): CsvTable {
  try {
    return parseCsv(input, layout.delimiter === null ? {} : { delimiter: layout.delimiter });
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    const problem = inRowsOfFile(wordsOf(error).replace(`; ${error.remedy}`, ""), layout);
    if (!/has \d+ cells?/.test(problem)) throw new FormatError("readUserSeries", problem, error.remedy);
    const [first] = (typeof input === "string" ? input : new TextDecoder().decode(input)).split(/\r?\n/, 1);
    const marks = [...new Set(first.match(/[,;\t|]/g) ?? [])].map((mark) => (mark === "\t" ? "a tab" : `"${mark}"`));
    const where = layout.headerAdded ? "the first row" : "the header";
    throw new FormatError(
      "readUserSeries",
      problem.replace("the header has", `${where} has`),
      marks.length === 0
        ? "write every row alike"
        : `${where} has ${marks.join(" and ")} between its cells; use the same in every row`,
    );
  }
}

const undecoded: Layout = { text: "", delimiter: null, headerAdded: false, skipped: 0, commas: null, remarks: [] };

/**
 * Reads one column of a CSV text or file, or a list of numbers. Cells that hold no number are filled in by a straight line between their
 * neighbours, and left out at the beginning and the end; each is named in the remarks. What makes the whole file unreadable is thrown, with its row.
 */
export function readUserSeries(input: string | Uint8Array, name: string, column?: string, commas?: Commas): ReadResult {
  const text = textOf(input);
  const layout = text === null ? undecoded : layOut(text, commas);
  const table = parse(layout, text === null ? input : layout.text);
  const columns = numericColumns(table);
  const chosen = column ?? columns.at(-1);
  const index = chosen === undefined ? -1 : table.header.indexOf(chosen);
  if (chosen === undefined || index < 0)
    throw new FormatError(
      "readUserSeries",
      chosen === undefined ? "no column holds numbers" : `there is no column "${chosen}"`,
      chosen === undefined
        ? "in one of them at least half of the cells must be numbers, such as 1200 or 0.5, without units"
        : `choose one of ${columns.join(", ")}`,
    );
  const rowOfFirst = rowOfHeader(layout) + 1;
  const remarks: Remark[] = layout.remarks.map((words) => ({ row: 0, text: words }));
  const decimal = decimalMarkOf(table, index);
  const bad = new Set(badRows(table, index, decimal));
  for (const i of bad) remarks.push({ row: i + rowOfFirst, text: `"${table.rows[i][index]}" is not a number` });
  const empty = (i: number): boolean => bad.has(i) || isEmpty(table.rows[i][index]);
  let [first, end] = [0, table.rows.length];
  while (first < end && empty(first)) first++;
  while (end > first && empty(end - 1)) end--;
  for (const i of [...table.rows.keys()].filter((row) => row < first || row >= end))
    remarks.push({ row: i + rowOfFirst, text: "left out: there is no number before or after it to fill it in from" });
  const cleaned = table.rows.map((cells, i) => cells.map((cell, k) => (k === index && empty(i) ? "" : cell)));
  const { values, warnings } = readRows(table, cleaned.slice(first, end), index, decimal, remarks);
  for (const { row, message } of warnings)
    remarks.push({ row: row === 0 ? 0 : row + first + rowOfFirst - 2, text: message });
  if (values.length > mostValues)
    remarks.push({ row: 0, text: `of ${values.length} values the last ${mostValues} are used` });
  const series = {
    name: column === undefined ? name : `${name}, ${chosen}`,
    values: narrowed(values.slice(-mostValues)),
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
      (_, value: string) => `filled in, between its neighbours, with ${Number(Number(value).toPrecision(12))}`,
    );
    byRow.set(row, [...(byRow.get(row) ?? []), words]);
  }
  return [...byRow].map(([row, texts]) => ({ row, text: texts.join("; ") })).sort((a, b) => a.row - b.row);
}

/** Far less than the network, whose numbers are float32, can tell apart. */
const harmless = 1e-6;

/** In half of the room, where that changes nothing that the series tells. */
function narrowed(values: Float64Array): Float32Array | Float64Array {
  const narrow = Float32Array.from(values);
  const [low, high] = rangeOf(values);
  return values.every((value, i) => Math.abs(value - narrow[i]) <= harmless * (high - low)) ? narrow : values;
}

function readRows(
  table: CsvTable,
  rows: readonly (readonly string[])[],
  index: number,
  decimal: DecimalMark,
  remarks: Remark[],
): Pick<ReturnType<typeof readSeries>, "values" | "warnings"> {
  const { delimiter, header } = table;
  const text = [header, ...rows].map((cells) => cells.map(asCell).join(delimiter)).join("\n");
  const options = { column: header[index], delimiter, missing: "interpolate", decimal } as const;
  const example =
    decimal === "comma" ? rows.map((cells) => cells[index]).find((cell) => cell.includes(",")) : undefined;
  if (example !== undefined)
    remarks.push({
      row: 0,
      text: `“${header[index]}” has decimal commas: "${example}" is read as ${example.replaceAll(".", "").replace(",", ".")}`,
    });
  try {
    return readSeries(text, options);
  } catch (error) {
    if (!FormatError.is(error)) throw error;
    const read = readSeries(text, { ...options, dateColumn: false }); // raises where the dates are not to blame
    const problem = wordsOf(error).replace(`; ${error.remedy}`, "");
    remarks.push({ row: 0, text: `the dates are not used: ${problem}. The values are taken in the order of the rows` });
    return read;
  }
}
