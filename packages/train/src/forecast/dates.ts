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

/** How a series moves on from one date to the next. */
export type Spacing =
  | { readonly kind: "fixed"; readonly ms: number; readonly exact: boolean }
  | { readonly kind: "months"; readonly months: number }
  | { readonly kind: "workdays" };

const monthNumber = (time: number): number => {
  const date = new Date(time);
  return 12 * date.getUTCFullYear() + date.getUTCMonth();
};

const isLastOfMonth = (time: number): boolean => new Date(time + dayMs).getUTCDate() === 1;

function monthsBetween(times: readonly number[]): number | null {
  const sameDay = times.every((t) => new Date(t).getUTCDate() === new Date(times[0]).getUTCDate());
  if (!sameDay && !times.every(isLastOfMonth)) return null;
  const step = monthNumber(times[1]) - monthNumber(times[0]);
  const even = times.every((t, i) => i === 0 || monthNumber(t) - monthNumber(times[i - 1]) === step);
  return even && step > 0 ? step : null;
}

/** Reads the spacing off the dates; where they are uneven it is the median gap, not exact. */
export function spacingOf(times: readonly number[]): Spacing {
  if (times.length < 2) return { kind: "fixed", ms: dayMs, exact: false };
  const gaps = times.slice(1).map((time, i) => time - times[i]);
  if (gaps.every((gap) => gap === gaps[0]) && gaps[0] < 28 * dayMs) return { kind: "fixed", ms: gaps[0], exact: true };
  const months = monthsBetween(times);
  if (months !== null) return { kind: "months", months };
  const median = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
  const weekdays = new Set(times.map((time) => new Date(time).getUTCDay()));
  if (median === dayMs && weekdays.size === 5 && !weekdays.has(0) && !weekdays.has(6)) return { kind: "workdays" };
  return { kind: "fixed", ms: median, exact: gaps.every((gap) => gap === median) };
}

/** The times of the next `count` steps. */
export function futureTimes(times: readonly number[], spacing: Spacing, count: number): number[] {
  const last = times[times.length - 1];
  if (spacing.kind === "fixed") return Array.from({ length: count }, (_, k) => last + (k + 1) * spacing.ms);
  if (spacing.kind === "months") {
    const { months } = spacing;
    const date = new Date(last);
    const endOfMonth = times.every(isLastOfMonth);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    return Array.from({ length: count }, (_, k) => {
      const target = month + (k + 1) * months;
      const lastDay = new Date(Date.UTC(year, target + 1, 0)).getUTCDate();
      return Date.UTC(year, target, endOfMonth ? lastDay : Math.min(day, lastDay)) + (last % dayMs);
    });
  }
  const out: number[] = [];
  for (let time = last + dayMs; out.length < count; time += dayMs) {
    const weekday = new Date(time).getUTCDay();
    if (weekday !== 0 && weekday !== 6) out.push(time);
  }
  return out;
}

/** `2014-12-31`, with the time of day where one of them has it. */
export function formatDates(times: readonly number[]): string[] {
  const withTime = times.some((time) => time % dayMs !== 0);
  return times.map((time) => new Date(time).toISOString().slice(0, withTime ? 16 : 10));
}
