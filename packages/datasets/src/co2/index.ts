import { base64, firstMonth, monthCount } from "./data.js";

/** A monthly series: `values[i]` belongs to `months[i]`. */
export interface Co2 {
  /** Months as `YYYY-MM`, consecutive, 1958-03 to 2001-12. */
  readonly months: string[];
  /** Carbon dioxide in parts per million (ppm), the mean of the weeks measured in each month. */
  readonly values: Float64Array;
  /** The five months in which nothing was measured; their values lie on the straight line between their neighbours. */
  readonly filled: string[];
}

/**
 * Carbon dioxide in the air at Mauna Loa, Hawaii, in each of the 526 months from March 1958 to December 2001: a yearly season on a
 * rising trend. Each call returns fresh arrays.
 *
 * Source: C. D. Keeling and T. P. Whorf, 2004, "Atmospheric CO2 concentrations derived from flask air samples at sites in the SIO
 * network", Carbon Dioxide Information Analysis Center, US Department of Energy; weekly, by way of the Python package statsmodels
 * 0.15.0, which states that the data are in the public domain.
 *
 * @example
 * const { months, values } = maunaLoaCo2();
 * months[0]; // "1958-03"
 * values[0]; // 316.1
 */
export function maunaLoaCo2(): Co2 {
  const bytes = atob(base64);
  const [year, month] = firstMonth.split("-").map(Number);
  const months = new Array<string>(monthCount);
  const values = new Float64Array(monthCount);
  for (let i = 0; i < monthCount; i++) {
    months[i] = new Date(Date.UTC(year, month - 1 + i)).toISOString().slice(0, 7);
    values[i] = (bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8)) / 100;
  }
  const filled = months.filter((_, i) => values[i] === 0);
  fillLinearly(values);
  return { months, values, filled };
}

/** Zeros stand for what is missing; the first and the last value are there. */
function fillLinearly(values: Float64Array): void {
  for (let i = 1; i < values.length - 1; i++) {
    if (values[i] !== 0) continue;
    let next = i + 1;
    while (values[next] === 0) next++;
    values[i] = values[i - 1] + (values[next] - values[i - 1]) / (next - i + 1);
  }
}
