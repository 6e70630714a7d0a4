import { ArgumentError } from "@unrolled/backend";

export const dayMs = 86_400_000;
const pattern =
  /^(\d{4})(?:[-/]?(\d{1,2})(?:[-/]?(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?[\d.]*(Z|[+-]\d{2}:?\d{2})?)?)?)?$/;

function parse(date: string): number {
  const match = pattern.exec(date);
  if (match === null) return Number.NaN;
  const [, year, month = "1", day = "1", hour = "0", minute = "0", second = "0", zone] = match;
  const time = Date.UTC(+year, +month - 1, +day, +hour, +minute, +second);
  if (new Date(Date.UTC(+year, +month - 1, +day)).getUTCMonth() !== +month - 1) return Number.NaN;
  if (zone === undefined || zone === "Z") return time;
  const offset = (+zone.slice(1, 3) * 60 + +zone.slice(-2)) * 60_000;
  return zone[0] === "-" ? time + offset : time - offset;
}

/** Milliseconds since 1970 of each date; throws an ArgumentError that names the first bad one. */
export function parseDates(dates: readonly string[], count: number): number[] {
  if (dates.length !== count) {
    throw new ArgumentError("forecast", `${dates.length} dates for ${count} values`, "give one date for each value");
  }
  let before = Number.NEGATIVE_INFINITY;
  return dates.map((date, i) => {
    const time = parse(date);
    if (Number.isNaN(time)) {
      throw new ArgumentError(
        "forecast",
        `dates[${i}] is ${JSON.stringify(date)}`,
        "write dates year first, as 2014-12-31",
      );
    }
    if (time <= before) {
      throw new ArgumentError(
        "forecast",
        `dates[${i}], ${date}, is not after the one before it`,
        "sort the rows oldest first, one for each date",
      );
    }
    before = time;
    return time;
  });
}

/** `2014-12-31`, with the time of day where one of them has it. */
export function formatDates(times: readonly number[]): string[] {
  const whole = (unit: number): boolean => times.every((time) => time % unit === 0);
  const length = whole(dayMs) ? 10 : whole(60_000) ? 16 : 19;
  return times.map((time) => new Date(time).toISOString().slice(0, length));
}
