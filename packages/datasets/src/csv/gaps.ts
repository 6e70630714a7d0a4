/** Something in a file that may be worth a look, but does not stop the reading. */
export interface SeriesWarning {
  /** Row of the file, the header being row 1; 0 when it concerns the whole file. */
  readonly row: number;
  readonly message: string;
}

const dayMs = 86_400_000;

/** Warnings for steps in time that are longer or shorter than the usual one. Times ascend; `times[i]` is row `i + 2`. */
export function findGaps(times: readonly number[], dates: readonly string[]): SeriesWarning[] {
  if (times.length < 3) return [];
  const position = calendarFor(times);
  const steps = times.slice(1).map((time, i) => position(time) - position(times[i]));
  const [usual, count] = mostFrequent(steps);
  if (count * 2 < steps.length) {
    return [{ row: 0, message: "the dates have no regular step: rows are taken as evenly spaced" }];
  }
  const warnings: SeriesWarning[] = [];
  steps.forEach((step, i) => {
    if (step === usual) return;
    const between = `between ${dates[i]} and ${dates[i + 1]}`;
    const missing = Math.round(step / usual) - 1;
    const message =
      step > usual && missing > 0
        ? `${missing} ${missing === 1 ? "row is" : "rows are"} missing ${between}`
        : `an uneven step ${between}`;
    warnings.push({ row: i + 3, message });
  });
  return warnings;
}

/** Maps times to a scale on which regular data has one step: months, working days, or milliseconds. */
function calendarFor(times: readonly number[]): (time: number) => number {
  const wholeDays = times.every((time) => time % dayMs === 0);
  if (wholeDays && times.every((time) => new Date(time).getUTCDate() === 1)) return monthOf;
  if (wholeDays && times.length >= 10 && times.every(isWorkingDay) && times.some(isFriday) && times.some(isMonday))
    return workingDayOf;
  return (time) => time;
}

function monthOf(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function isWorkingDay(time: number): boolean {
  const weekday = new Date(time).getUTCDay();
  return weekday !== 0 && weekday !== 6;
}

function isMonday(time: number): boolean {
  return new Date(time).getUTCDay() === 1;
}

function isFriday(time: number): boolean {
  return new Date(time).getUTCDay() === 5;
}

function workingDayOf(time: number): number {
  const mondayBased = Math.floor(time / dayMs) + 3; // 1970-01-01 was a Thursday
  return Math.floor(mondayBased / 7) * 5 + (mondayBased % 7);
}

function mostFrequent(steps: readonly number[]): [step: number, count: number] {
  const counts = new Map<number, number>();
  for (const step of steps) counts.set(step, (counts.get(step) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
}
