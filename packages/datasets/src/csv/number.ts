import { FormatError } from "@unrolled/backend";
import { quote } from "./quote.js";

/** How the decimals of a number are set off. */
export type DecimalMark = "point" | "comma";

/** Commas part thousands only where they can mean nothing else: `1,234.5`, `1,234,567`, but not `1,234`. */
const pointPattern = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+|\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,})(?:[eE][+-]?\d+)?$/;
const commaPattern = /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d+)?$/;
const likeThousands = /^[+-]?[1-9]\d{0,2},\d{3}$/;
const missingPattern = /^(nan|#?n\/a|na|null|none|nil|-+|\?|\.+)?$/i;

/** Whether a cell says that there is no value: empty, or a word such as `NA`, `NaN` or `null`. */
export function isMissing(cell: string): boolean {
  return missingPattern.test(cell);
}

/**
 * A decimal number as written in CSV, or null. `NaN`, `Infinity`, hexadecimal and numbers beyond float64 are not numbers.
 * With a decimal comma, points may part thousands: `1.234,5`. With a point, commas may where that is clear: `1,234.5`.
 */
export function parseNumber(cell: string, mark: DecimalMark = "point"): number | null {
  if (!(mark === "point" ? pointPattern : commaPattern).test(cell)) return null;
  const value = Number(mark === "point" ? cell.replaceAll(",", "") : cell.replaceAll(".", "").replace(",", "."));
  return Number.isFinite(value) ? value : null;
}

/**
 * The decimal mark of a column that is not parted by commas: a comma, if every cell can be read so, some have one, and no
 * point could be a decimal point.
 */
export function decimalMarkOf(cells: readonly string[]): DecimalMark {
  const filled = cells.filter((cell) => !isMissing(cell));
  const withComma = filled.filter((cell) => cell.includes(","));
  if (withComma.length === 0 || !filled.every((cell) => commaPattern.test(cell))) return "point";
  const pointsPartThousands = withComma.some((cell) => cell.includes("."));
  if (!pointsPartThousands && filled.some((cell) => cell.includes("."))) return "point";
  return "comma";
}

/** Refuses a column such as `1,234`, `5,678`, in which the comma may just as well part thousands. */
export function refuseUnclearComma(op: string, column: string, cells: readonly string[]): void {
  const withComma = cells.filter((cell) => cell.includes(","));
  if (withComma.length === 0 || !withComma.every((cell) => likeThousands.test(cell))) return;
  throw new FormatError(
    op,
    `column ${quote(column)} holds ${quote(withComma[0])}, which may mean ${withComma[0].replace(",", ".")} or ${withComma[0].replace(",", "")}`,
    'set decimal to "comma", or remove the thousands separators',
  );
}

/** What to do about a cell that is not a number. */
export function numberRemedy(cell: string): string {
  if (pointPattern.test(cell)) return "it is too large for a float64: divide the column by a constant";
  if (/^[+-]?[\d.]*\d,\d+$/.test(cell)) return "write the decimal point as ., and no thousands separators";
  if (/^[+-]?[\d,' ]+(\.\d+)?$/.test(cell)) return "remove the thousands separators";
  if (/^[+-]?inf(inity)?$/i.test(cell)) return "give a finite number";
  if (/[%$€£¥]/.test(cell)) return "remove the unit";
  return "correct the cell, or choose another column";
}
