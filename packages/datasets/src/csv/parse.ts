import { ArgumentError, FormatError, requireKnownOptions } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import { CsvError, parse } from "csv-parse/browser/esm/sync";
import { decodeText } from "./decode.js";
import { type Delimiter, delimiters, guessDelimiter } from "./delimiter.js";
import { quote } from "./quote.js";

/** Options of `parseCsv`. */
export interface CsvOptions {
  /** What stands between cells. Default "auto": comma, semicolon, tab or `|`, found from the first lines. */
  readonly delimiter?: "auto" | Delimiter;
}

export const csvOptions: readonly (keyof CsvOptions)[] = ["delimiter"];

/** A CSV file as text cells. Row r of the file (its header is row 1) is `rows[r - 2]`. */
export interface CsvTable {
  /** Column names, trimmed; a column may lack one. */
  readonly header: readonly string[];
  /** Cells, trimmed; each row has as many as the header. */
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: Delimiter;
  /** Present where the bytes were not UTF-8 and were read as Latin-1. */
  readonly decodedAs?: "latin1";
}

/**
 * Reads CSV text with a header row: quoted cells (RFC 4180), a byte-order mark, and CRLF, LF or CR line ends. Blank lines at
 * the end are dropped. Bytes are UTF-8, UTF-16 with a byte-order mark, or else Latin-1.
 *
 * @throws FormatError that names the row (header = row 1): wrong number of cells, broken quotes, a column name used twice, a
 *   blank row, no rows
 * @example
 * parseCsv("day;sales\n1;20\n").rows; // [["1", "20"]]
 */
export function parseCsv(input: string | Uint8Array, options: CsvOptions = {}): CsvTable {
  requireKnownOptions("parseCsv", options, csvOptions);
  return parseTable("parseCsv", input, options);
}

export function parseTable(op: string, input: string | Uint8Array, { delimiter = "auto" }: CsvOptions): CsvTable {
  if (delimiter !== "auto" && !delimiters.includes(delimiter)) {
    throw new ArgumentError(op, `delimiter is ${describeValue(delimiter)}`, 'use "auto", ",", ";", "\\t" or "|"');
  }
  const { text, ...decoded } = decodeText(op, input);
  const separator = delimiter === "auto" ? guessDelimiter(text) : delimiter;
  const records = splitRecords(op, text, separator);
  const isBlank = (record: readonly string[]): boolean => record.length === 1 && record[0] === "";
  while (records.length > 0 && isBlank(records[records.length - 1])) records.pop();
  if (records.length === 0)
    throw new FormatError(op, "the file is empty", "give a header row and one row for each point in time");
  const [header, ...rows] = records;
  if (isBlank(header)) throw new FormatError(op, "row 1 is blank", "start the file with a row of column names");
  requireUniqueNames(op, header);
  if (rows.length === 0) {
    throw new FormatError(op, "there is a header but no rows under it", "give one row for each point in time");
  }
  rows.forEach((cells, i) => {
    if (cells.length !== header.length) {
      throw new FormatError(
        op,
        cellCount(i + 2, cells, header, isBlank(cells)),
        remedyFor(cells, header, separator, isBlank(cells)),
      );
    }
  });
  return { header, rows, delimiter: separator, ...decoded };
}

function splitRecords(op: string, text: string, delimiter: Delimiter): string[][] {
  try {
    return parse(text, {
      delimiter,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      skip_empty_lines: false,
      trim: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const row = typeof error.records === "number" ? error.records + 1 : 1;
    const remedy = 'quote a whole cell as "...", and write a quote inside it twice';
    if (error.code === "CSV_QUOTE_NOT_CLOSED") {
      throw new FormatError(op, `row ${row}: a quoted cell is never closed`, remedy, { cause: error });
    }
    throw new FormatError(op, `row ${row}: a quotation mark stands in the middle of a cell`, remedy, { cause: error });
  }
}

function requireUniqueNames(op: string, header: readonly string[]): void {
  const seen = new Map<string, number>();
  header.forEach((name, i) => {
    const before = seen.get(name);
    if (name !== "" && before !== undefined) {
      throw new FormatError(
        op,
        `row 1: columns ${before + 1} and ${i + 1} are both named ${quote(name)}`,
        "rename one of them",
      );
    }
    seen.set(name, i);
  });
}

function cellCount(row: number, cells: readonly string[], header: readonly string[], blank: boolean): string {
  if (blank) return `row ${row} is blank`;
  return `row ${row} has ${cells.length} ${cells.length === 1 ? "cell" : "cells"}, the header has ${header.length}`;
}

function remedyFor(cells: readonly string[], header: readonly string[], delimiter: Delimiter, blank: boolean): string {
  if (blank) return "delete the row, or fill its cells";
  if (cells.length < header.length) return "add the missing cells (a missing value is an empty cell)";
  if (delimiter === ",") return "quote cells that hold a comma; decimal commas must become points";
  return "quote cells that hold the delimiter";
}
