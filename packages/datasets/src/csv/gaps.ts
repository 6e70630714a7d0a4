import { FormatError } from "@unrolled/backend";
import { isoDate } from "./date.js";
import { calendarOf, spacingOf } from "./spacing.js";

/** Something in a file that may be worth a look, but does not stop the reading. */
export interface SeriesWarning {
  /** Row of the file, the header being row 1; 0 when it concerns the whole file. */
  readonly row: number;
  readonly message: string;
}

/** Warnings for steps in time that are longer or shorter than the usual one. Times ascend; `times[i]` is row `i + 2`. */
export function findGaps(times: readonly number[], dates: readonly string[]): SeriesWarning[] {
  const spacing = times.length < 3 ? null : spacingOf(times);
  if (spacing === null) return [];
  if (!spacing.regular) {
    return [{ row: 0, message: "the dates have no regular step: rows are taken as evenly spaced" }];
  }
  const { position } = calendarOf(times);
  return times.slice(1).flatMap((time, i) => {
    const step = position(time) - position(times[i]);
    if (step === spacing.step) return [];
    const between = `between ${dates[i]} and ${dates[i + 1]}`;
    const missing = Math.round(step / spacing.step) - 1;
    const message = missing > 0 ? `${areMissing(missing)} ${between}` : `an uneven step ${between}`;
    return [{ row: i + 3, message }];
  });
}

/** What to put into a gap: so many rows before row `before` of the file, at these times. */
export interface Gap {
  readonly before: number;
  readonly times: readonly number[];
  readonly message: string;
}

/** The gaps of regularly spaced times that whole steps fill. */
export function gapsToFill(op: string, times: readonly number[], dates: readonly string[], policy: string): Gap[] {
  const spacing = times.length < 3 ? null : spacingOf(times);
  if (spacing === null || !spacing.regular) return [];
  const { position, timeAt } = calendarOf(times);
  let total = 0;
  return times.slice(1).flatMap((time, i): Gap[] => {
    const from = position(times[i]);
    const steps = (position(time) - from) / spacing.step;
    if (!Number.isInteger(steps) || steps < 2) return [];
    total += steps - 1;
    const between = `between ${dates[i]} and ${dates[i + 1]}`;
    if (total > times.length) {
      throw new FormatError(
        op,
        `row ${i + 3}: ${areMissing(steps - 1)} ${between}, and more rows would be filled in than the file has`,
        'correct the dates, or set missing to "error" to take the rows as they are',
      );
    }
    const missing = Array.from({ length: steps - 1 }, (_, k) => timeAt(from + (k + 1) * spacing.step));
    const what = missing.length === 1 ? `1 missing row (${isoDate(missing[0])})` : `${missing.length} missing rows`;
    return [{ before: i + 3, times: missing, message: `${what} filled (${policy}) ${between}` }];
  });
}

const areMissing = (count: number): string => (count === 1 ? "1 row is missing" : `${count} rows are missing`);
