const numberPattern = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A decimal number as written in CSV, or null. `NaN`, `Infinity`, hexadecimal and numbers beyond float64 are not numbers. */
export function parseNumber(cell: string): number | null {
  if (!numberPattern.test(cell)) return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}

/** What to do about a cell that is not a number. */
export function numberRemedy(cell: string): string {
  if (numberPattern.test(cell)) return "it is too large for a float64: divide the column by a constant";
  if (/^[+-]?[\d.]*\d,\d+$/.test(cell)) return "write the decimal point as ., and no thousands separators";
  if (/^[+-]?[\d,' ]+(\.\d+)?$/.test(cell)) return "remove the thousands separators";
  if (/^(nan|na|n\/a|null|none|nil|-+|\?|\.+)$/i.test(cell)) {
    return 'for a missing value leave the cell empty and set missing to "interpolate" or "previous"';
  }
  if (/^[+-]?inf(inity)?$/i.test(cell)) return "give a finite number";
  if (/[%$€£¥]/.test(cell)) return "remove the unit";
  return "correct the cell, or choose another column";
}
