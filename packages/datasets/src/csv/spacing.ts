const dayMs = 86_400_000;

/** How a series moves on from one time to the next. */
export interface Spacing {
  /** What the step is counted in; `workdays` are Monday to Friday. */
  readonly unit: "milliseconds" | "months" | "workdays";
  /** The usual step; the median one where there is none. */
  readonly step: number;
  /** Whether at least half of the steps are the usual one. */
  readonly regular: boolean;
  /** Steps left out in between, in a regular series: 0 if none is. */
  readonly missing: number;
}

/** A scale on which regular data has one step, and the way back from it. */
export interface Calendar {
  readonly unit: Spacing["unit"];
  position(time: number): number;
  timeAt(position: number): number;
}

/**
 * Reads the spacing off times (milliseconds since 1970, ascending). Months are told by the day of the month, which may be the
 * last one; working days by the lack of weekends. Null for fewer than two times.
 *
 * @example
 * spacingOf([Date.UTC(2024, 0, 31), Date.UTC(2024, 1, 29), Date.UTC(2024, 2, 31)]); // 1 month, regular, none missing
 */
export function spacingOf(times: readonly number[]): Spacing | null {
  if (times.length < 2) return null;
  const { unit, position } = calendarOf(times);
  const steps = times.slice(1).map((time, i) => position(time) - position(times[i]));
  const [usual, count] = mostFrequent(steps);
  if (count * 2 < steps.length) {
    const gaps = times.slice(1).map((time, i) => time - times[i]);
    const median = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
    return { unit: "milliseconds", step: median, regular: false, missing: 0 };
  }
  const missing = steps.reduce((sum, step) => sum + Math.max(0, Math.round(step / usual) - 1), 0);
  return { unit, step: usual, regular: true, missing };
}

/**
 * The times of the next `count` steps after the last of `times`.
 *
 * @example
 * const spacing = spacingOf(times);
 * if (spacing) futureTimes(times, spacing, 28);
 */
export function futureTimes(times: readonly number[], { unit, step }: Spacing, count: number): number[] {
  const last = times[times.length - 1];
  if (unit === "milliseconds") return Array.from({ length: count }, (_, k) => last + (k + 1) * step);
  const { position, timeAt } = calendarOf(times);
  return Array.from({ length: count }, (_, k) => timeAt(position(last) + (k + 1) * step));
}

/** The scale that fits the times. */
export function calendarOf(times: readonly number[]): Calendar {
  const clock = modulo(times[0], dayMs);
  if (times.every((time) => modulo(time, dayMs) === clock)) {
    const months = monthCalendar(times, clock);
    if (months !== null) return months;
    if (times.length >= 10 && times.every(isWorkingDay) && [1, 5].every((day) => times.some(isWeekday(day))))
      return workdayCalendar(clock);
  }
  return { unit: "milliseconds", position: (time) => time, timeAt: (position) => position };
}

function monthCalendar(times: readonly number[], clock: number): Calendar | null {
  const days = times.map((time) => new Date(time).getUTCDate());
  const anchor = days.reduce((latest, day) => Math.max(latest, day), 1);
  const position = (time: number): number => {
    const date = new Date(time);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  };
  const dayIn = (month: number): number => {
    const year = Math.floor(month / 12);
    return Math.min(anchor, new Date(Date.UTC(2000 + (year % 400), (month % 12) + 1, 0)).getUTCDate());
  };
  if (times.length < 2 || !times.every((time, i) => days[i] === dayIn(position(time)))) return null;
  return {
    unit: "months",
    position,
    timeAt: (month) => {
      const date = new Date(0);
      date.setUTCFullYear(Math.floor(month / 12), month % 12, dayIn(month));
      return date.getTime() + clock;
    },
  };
}

function workdayCalendar(clock: number): Calendar {
  return {
    unit: "workdays",
    position: (time) => {
      const mondayBased = Math.floor(time / dayMs) + 3; // 1970-01-01 was a Thursday
      return Math.floor(mondayBased / 7) * 5 + modulo(mondayBased, 7);
    },
    timeAt: (position) => (Math.floor(position / 5) * 7 + modulo(position, 5) - 3) * dayMs + clock,
  };
}

const modulo = (a: number, b: number): number => ((a % b) + b) % b;

function isWeekday(weekday: number): (time: number) => boolean {
  return (time) => new Date(time).getUTCDay() === weekday;
}

function isWorkingDay(time: number): boolean {
  const weekday = new Date(time).getUTCDay();
  return weekday !== 0 && weekday !== 6;
}

function mostFrequent(steps: readonly number[]): [step: number, count: number] {
  const counts = new Map<number, number>();
  for (const step of steps) counts.set(step, (counts.get(step) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
}
