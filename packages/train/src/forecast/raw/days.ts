import { stack, type Tensor, tensor, where } from "@unrolled/core";

/**
 * Days from 1 March of the year 0 to 1 January 1970. Counted from there, in years that begin in March, the leap day is a year's
 * last.
 */
const to1970 = 719_468;
/** Days before each month of such a year, March to February. */
const monthStarts = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337];
const february = 11;
const january = 10;
const meanYear = 365.2425;

/** Float64 constants on the backend of `like`. */
export function constants(like: Tensor, values: readonly number[]): Tensor {
  return tensor(Float64Array.from(values), { backend: like.backend });
}

const number64 = (x: Tensor): Tensor => x.cast("float64");

/** The whole part of numbers from 0 to 2^31. */
export const wholeOf = (x: Tensor): Tensor => number64(x.cast("int32"));

/** The remainder of whole numbers of at least 0. */
export const remainder = (x: Tensor, divisor: number): Tensor => x.sub(wholeOf(x.div(divisor)).mul(divisor));

/** Days, counted from 1 March of year 0, of a date; all float64 and of one shape. */
export interface Days {
  readonly day: Tensor;
  /** The year, from March. */
  readonly year: Tensor;
  /** 0 is March. */
  readonly month: Tensor;
  /** 0 is the first. */
  readonly dayOfMonth: Tensor;
}

/** The day on which a year begins, in March. */
function startOfYear(year: Tensor): Tensor {
  const leapDays = wholeOf(year.div(4))
    .sub(wholeOf(year.div(100)))
    .add(wholeOf(year.div(400)));
  return year.mul(365).add(leapDays);
}

/** The whole days of a time in days since 1970, counted from 1 March of year 0. */
export function wholeDays(since1970: Tensor): Tensor {
  return wholeOf(since1970.add(to1970));
}

/** Year, month and day of times in days since 1970; fractions are times of day. */
export function placeInYear(since1970: Tensor): Days {
  const day = wholeDays(since1970);
  const guess = wholeOf(day.div(meanYear)); // at most one off
  const tooLate = number64(day.less(startOfYear(guess)));
  const tooEarly = number64(startOfYear(guess.add(1)).lessEqual(day));
  const year = guess.sub(tooLate).add(tooEarly);
  const dayOfYear = day.sub(startOfYear(year));
  const begun = constants(day, monthStarts.slice(1)).lessEqual(dayOfYear.unsqueeze(-1));
  const month = number64(begun).sum(-1);
  return { day, year, month, dayOfMonth: dayOfYear.sub(monthStart(month)) };
}

function monthStart(month: Tensor): Tensor {
  return constants(month, monthStarts).indexSelect(month.cast("int32"));
}

function monthLength(year: Tensor, month: Tensor): Tensor {
  const lengths = monthStarts.map((start, i) => (i === february ? 0 : monthStarts[i + 1] - start));
  const ofFebruary = startOfYear(year.add(1)).sub(startOfYear(year)).sub(monthStarts[february]);
  return where(month.equal(february), ofFebruary, constants(month, lengths).indexSelect(month.cast("int32")));
}

/** 0 is Sunday. */
export const weekdayOf = (day: Tensor): Tensor => remainder(day.add(3), 7);

/** The share of the year that is over, 0 to 1, of times in days since 1970. */
export function yearSoFar(since1970: Tensor): Tensor {
  const { year, month } = placeInYear(since1970);
  const beforeMarch = number64(constants(month, [january]).lessEqual(month));
  const newYear = startOfYear(year.add(beforeMarch).sub(1)).add(monthStarts[january]);
  return since1970.add(to1970).sub(newYear).div(365.25);
}

/**
 * The days that correspond to each date `[...]` in each of `years` earlier years, `[..., 3, years]`: the same date (28 February for
 * the 29th where there is none), the same weekday counted from the start of its month, and counted from its end.
 */
export function correspondingDays(date: Days, years: number): Tensor {
  const [day, month, dayOfMonth] = [date.day, date.month, date.dayOfMonth].map((x) => x.unsqueeze(-1));
  const back = constants(
    day,
    Array.from({ length: years }, (_, i) => i + 1),
  );
  const year = date.year.unsqueeze(-1).sub(back);
  const first = startOfYear(year).add(monthStart(month));
  const length = monthLength(year, month);
  const last = first.add(length).sub(1);
  const daysLeft = monthLength(date.year.unsqueeze(-1), month).sub(dayOfMonth).sub(1);
  const weekday = weekdayOf(day);
  const forward = remainder(weekday.add(7).sub(weekdayOf(first)), 7);
  const backward = remainder(weekdayOf(last).add(7).sub(weekday), 7);
  const wholeWeeks = (x: Tensor): Tensor => wholeOf(x.div(7)).mul(7);
  const sameDate = first.add(dayOfMonth.minimum(length.sub(1)));
  const sameFromStart = first.add(forward).add(wholeWeeks(dayOfMonth));
  const sameFromEnd = last.sub(backward).sub(wholeWeeks(daysLeft));
  return stack([sameDate, sameFromStart, sameFromEnd], -2);
}
