const pattern =
  /^(\d{4})(?:[-/]?(\d{1,2})(?:[-/]?(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})[\d.]*)?\s*(Z|[+-]\d{2}:?\d{2})?)?)?)?$/;
const minuteMs = 60_000;

/** Dates written year first, as `2014/12/31`, `2014-12` or `20141231 18:00`, in one form: `2014-12-31`, in UTC, with a time where there is one. */
export function isoDates(dates: readonly string[]): string[] {
  const times = dates.map(timeOf);
  const whole = (unit: number): boolean => times.every((time) => time % unit === 0);
  const length = whole(24 * 60 * minuteMs) ? 10 : whole(minuteMs) ? 16 : 19;
  return times.map((time) => new Date(time).toISOString().slice(0, length));
}

function timeOf(date: string): number {
  const match = pattern.exec(date);
  if (match === null) throw new RangeError(`${JSON.stringify(date)} was read as a date, but is none`);
  const [, year, month = "1", day = "1", hour = "0", minute = "0", second = "0", zone = "Z"] = match;
  const time = new Date(0);
  time.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  time.setUTCHours(Number(hour), Number(minute), Number(second));
  return time.getTime() - zoneMs(zone);
}

function zoneMs(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone[0] === "-" ? -minutes : minutes) * minuteMs;
}
