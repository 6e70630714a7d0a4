import { dayMs } from "./dates.js";

const dayOf = (time: number): number => Math.floor(time / dayMs);

/** The place of a day: weekday 0 (Sunday) to 6, and the year so far, 0 to 1. */
export function placeInCalendar(time: number): { weekday: number; year: number } {
  const date = new Date(time);
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  return { weekday: date.getUTCDay(), year: (time - start) / (365.25 * dayMs) };
}

/** The day number of the same date `years` years before; 28 February for the 29th where there is none. */
export function sameDateBefore(time: number, years: number): number {
  const date = new Date(time);
  const [year, month, day] = [date.getUTCFullYear() - years, date.getUTCMonth(), date.getUTCDate()];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return dayOf(Date.UTC(year, month, Math.min(day, lastDay)));
}

/** The day number `years` years before of the same weekday counted from the start of its month, as the 4th Thursday. */
export function nthWeekdayBefore(time: number, years: number): number {
  const date = new Date(time);
  const first = Date.UTC(date.getUTCFullYear() - years, date.getUTCMonth(), 1);
  const forward = (date.getUTCDay() - new Date(first).getUTCDay() + 7) % 7;
  return dayOf(first) + forward + 7 * Math.floor((date.getUTCDate() - 1) / 7);
}

/** The same, counted from the end of the month, as the last Monday. */
export function nthLastWeekdayBefore(time: number, years: number): number {
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const daysLeft = new Date(Date.UTC(year, month + 1, 0)).getUTCDate() - date.getUTCDate();
  const end = Date.UTC(year - years, month + 1, 0);
  const back = (new Date(end).getUTCDay() - date.getUTCDay() + 7) % 7;
  return dayOf(end) - back - 7 * Math.floor(daysLeft / 7);
}

/** Index of each day number. */
export function indexByDay(times: readonly number[]): Map<number, number> {
  return new Map(times.map((time, i) => [dayOf(time), i]));
}
