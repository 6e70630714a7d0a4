const isoPattern =
  /^(\d{4})([-/])(\d{1,2})(?:\2(\d{1,2}))?(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;
const barePattern = /^(\d{4})(?:(\d{2})(\d{2}))?$/;
const minuteMs = 60_000;

/**
 * Milliseconds since 1970 of a date written year first: `2014-12-31`, `2014/12/31`, `2014-12`, with or without a time
 * (`T` or a blank, seconds and zone optional; without a zone it is read as UTC). Null for anything else, day-first dates
 * and days that do not exist included.
 */
export function parseDate(cell: string): number | null {
  const match = isoPattern.exec(cell);
  if (match === null) return null;
  const [, year, , month, day, hour, minute, second = "0", fraction = "", zone] = match;
  if (hour !== undefined && day === undefined) return null;
  const date = calendarDay(Number(year), Number(month), day === undefined ? 1 : Number(day));
  if (date === null || hour === undefined) return date;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const time =
    (Number(hour) * 60 + Number(minute)) * minuteMs + Number(second) * 1000 + Number(`0.${fraction}0`) * 1000;
  return date + time - zoneOffset(zone);
}

/** As `parseDate`, and `2014` and `20141231`, which look like numbers and so are dates only in a column said to hold them. */
export function parseDateLoosely(cell: string): number | null {
  const match = barePattern.exec(cell);
  if (match === null) return parseDate(cell);
  return calendarDay(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
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
