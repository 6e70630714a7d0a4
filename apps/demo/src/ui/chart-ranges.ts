/** What axes of counted things may be parted by: whole numbers, up to any count. */
export const countSteps: readonly number[] = Array.from({ length: 16 }, (_, power) =>
  [1, 2, 2.5, 5].map((first) => first * 10 ** power),
)
  .flat()
  .filter(Number.isInteger);

/** Narrower than this beside its values a range holds nothing but rounding. */
const leastWidth = 1e-5;

/**
 * What an axis shows of values between `low` and `high`: a tenth more on either side, from or to 0 where that is near; around values that are
 * all alike, room above and below.
 */
export function paddedRange(low: number | null, high: number | null): [low: number, high: number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= leastWidth * size || size === 0) {
    const middle = (low + high) / 2;
    const room = size === 0 ? 1 : size / 10;
    return [middle - room, middle + room];
  }
  const room = (high - low) / 10;
  return [low >= 0 && low < room ? 0 : low - room, high <= 0 && -high < room ? 0 : high + room];
}
