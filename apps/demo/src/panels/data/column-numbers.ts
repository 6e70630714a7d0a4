import { FormatError } from "@unrolled/backend";
import { type CsvTable, type DecimalMark, readSeries } from "@unrolled/datasets";

const noValue = /^(|#?n\/a|na|nan|null|none|nil|-+|\?|\.)$/i;
const plain = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const likeThousands = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/;
const fewestShare = 0.5;
const enoughToJudge = 200;

export const asCell = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Whether a cell says that nothing was measured. */
export const isEmpty = (cell: string): boolean => noValue.test(cell);

/** Whether the library reads a cell as a number. */
function isNumber(cell: string, decimal: DecimalMark): boolean {
  if (decimal === "point" && plain.test(cell) && Number.isFinite(Number(cell))) return true;
  if (!/\d/.test(cell)) return false;
  try {
    readSeries(`v\n${asCell(cell)}\n`, { column: "v", dateColumn: false, delimiter: ";", decimal });
    return true;
  } catch (error) {
    if (FormatError.is(error)) return false;
    throw error;
  }
}

/** What sets off the decimals of a column: what most of its numbers have. Between columns parted by commas, "1,200" is no 1.2. */
export function decimalMarkOf({ rows, delimiter }: CsvTable, column: number): DecimalMark {
  const cells = rows.map((row) => row[column]);
  const withComma = cells.filter((cell) => cell.includes(",")).slice(0, enoughToJudge);
  if (delimiter === "," && withComma.every((cell) => likeThousands.test(cell))) return "point";
  const withPoint = cells.filter((cell) => cell.includes(".") && !cell.includes(",")).slice(0, enoughToJudge);
  const count = (some: readonly string[], mark: DecimalMark): number =>
    some.filter((cell) => isNumber(cell, mark)).length;
  return count(withComma, "comma") > count(withPoint, "point") ? "comma" : "point";
}

/** Rows whose cell is neither a number nor empty. */
export function badRows({ rows }: Pick<CsvTable, "rows">, column: number, decimal: DecimalMark): number[] {
  return rows.flatMap((cells, i) => (isEmpty(cells[column]) || isNumber(cells[column], decimal) ? [] : [i]));
}

/** Whether a column only counts the rows, or the years. */
function counts({ rows }: CsvTable, column: number): boolean {
  const values = rows.map((cells) => Number(cells[column]));
  const step = values[1] - values[0];
  return (
    values.length > 1 &&
    step !== 0 &&
    values.every((value, i) => i === 0 || Math.abs(value - values[i - 1] - step) <= 1e-6 * Math.abs(step))
  );
}

/** Columns of which at least half of the cells are numbers, but for those that only count the rows. */
export function numericColumns(table: CsvTable): string[] {
  const { header, rows } = table;
  const numeric = header.flatMap((name, column) => {
    if (name === "") return [];
    const filled = rows.filter((cells) => !isEmpty(cells[column])).slice(0, enoughToJudge);
    const good = filled.length - badRows({ rows: filled }, column, decimalMarkOf(table, column)).length;
    return filled.length > 0 && good >= fewestShare * filled.length ? [column] : [];
  });
  const useful = numeric.filter((column) => !counts(table, column));
  return (useful.length > 0 ? useful : numeric).map((column) => header[column]);
}
