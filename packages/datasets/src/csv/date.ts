/** The order in which a date is written: year, month, day; day, month, year; or month, day, year. */
export type DateOrder = "ymd" | "dmy" | "mdy";

const clock = String.raw`(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?`;
const yearFirst = new RegExp(String.raw`^(\d{4})([-/])(\d{1,2})(?:\2(\d{1,2}))?${clock}$`);
const yearLast = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})${clock}$`);
const barePattern = /^(\d{4})(?:(\d{2})(\d{2}))?$/;
const minuteMs = 60_000;
const dayMs = 86_400_000;

/**
 * Milliseconds since 1970 of a date, with or without a time (`T` or a blank, seconds and zone optional; without a zone it is
 * read as UTC). Year first: `2014-12-31`, `2014/12/31`, `2014-12`; in the other orders `31.12.2014`, `12/31/2014`. Null for
 * anything else, days that do not exist included.
 */
export function parseDate(cell: string, order: DateOrder = "ymd"): number | null {
  const match = (order === "ymd" ? yearFirst : yearLast).exec(cell);
  if (match === null) return null;
  const [, first, , second, third, ...time] = match;
  if (order === "ymd") {
    if (time[0] !== undefined && third === undefined) return null;
    return withClock(calendarDay(Number(first), Number(second), Number(third ?? 1)), time);
  }
  const [day, month] = order === "dmy" ? [first, second] : [second, first];
  return withClock(calendarDay(Number(third), Number(month), Number(day)), time);
}

/** As `parseDate`, and `2014` and `20141231`, which look like numbers and so are dates only in a column said to hold them. */
export function parseDateLoosely(cell: string, order: DateOrder = "ymd"): number | null {
  const match = barePattern.exec(cell);
  if (match === null) return parseDate(cell, order);
  return calendarDay(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
}

/** Whether a cell is a date in any of the orders. */
export function isDate(cell: string): boolean {
  return parseDate(cell) !== null || parseDate(cell, "dmy") !== null || parseDate(cell, "mdy") !== null;
}

/**
 * The order of a column's dates, `ymd` if the first is. With points it is `dmy`; with slashes or dashes a number above 12 tells the day from the
 * month. Null where none does.
 */
export function dateOrderOf(cells: readonly string[]): DateOrder | null {
  let unclear = false;
  if (cells.length > 0 && parseDateLoosely(cells[0]) !== null) return "ymd";
  for (const cell of cells) {
    const match = yearLast.exec(cell);
    if (match === null) continue;
    if (match[2] === "." || Number(match[1]) > 12) return "dmy";
    if (Number(match[3]) > 12) return "mdy";
    unclear = true;
  }
  return unclear ? null : "ymd";
}

/** `2014-12-31`, with the time of day where there is one. */
export function isoDate(time: number): string {
  const text = new Date(time).toISOString();
  if (time % dayMs === 0) return text.slice(0, 10);
  return time % minuteMs === 0 ? text.slice(0, 16) : text.slice(0, 19);
}

function withClock(date: number | null, [hour, minute, second = "0", fraction = "", zone]: string[]): number | null {
  if (date === null || hour === undefined) return date;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const time =
    (Number(hour) * 60 + Number(minute)) * minuteMs + Number(second) * 1000 + Number(`0.${fraction}0`) * 1000;
  return date + time - zoneOffset(zone);
}

function calendarDay(year: number, month: number, day: number): number | null {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}

function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || zone === "Z") return 0;
  const sign = zone[0] === "-" ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * minuteMs;
}
