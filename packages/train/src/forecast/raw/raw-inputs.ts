import { ArgumentError, type HostTensor } from "@unrolled/backend";
import { futureTimes, spacingOf } from "@unrolled/datasets";
import { dayMs, parseDates } from "../dates.js";
import { type FeaturePlan, historyNeeded } from "../features.js";
import { checkedValues } from "../prepare.js";
import type { SeriesInput } from "../types.js";
import { historyLength } from "./history-length.js";

/** What a `RawForecaster` takes, as arrays: `days` only where it reads dates. */
export type RawInputArrays = { readonly history: HostTensor; readonly start: HostTensor; readonly days?: HostTensor };

export const readsDates = ({ weekday, yearly, earlierYears }: FeaturePlan): boolean =>
  weekday || yearly || earlierYears;

function timesOf(series: SeriesInput, plan: FeaturePlan): number[] | null {
  if (!readsDates(plan)) return null;
  if (series.dates === undefined) {
    throw new ArgumentError("predict", "the series has no dates, and the model was trained with them", "add dates");
  }
  const past = parseDates(series.dates, series.values.length);
  const spacing = spacingOf(past);
  if (spacing === null) throw new ArgumentError("predict", "1 date", "give at least two");
  return [...past, ...futureTimes(past, spacing, plan.horizon)];
}

/** The part of a series that is known at each origin, one after the other: a batch. */
export function rawInputs(plan: FeaturePlan, series: SeriesInput, origins: readonly number[]): RawInputArrays {
  const values = checkedValues(series);
  const needed = historyNeeded(plan);
  for (const origin of origins) {
    if (Number.isInteger(origin) && origin >= needed && origin <= values.length) continue;
    throw new ArgumentError(
      "RawForecaster",
      `origin ${origin} of ${values.length} values`,
      `use whole numbers from ${needed} to the number of values`,
    );
  }
  const size = historyLength(plan);
  const width = size + plan.horizon;
  const batch = origins.length;
  const history = new Float64Array(batch * size);
  const days = new Float64Array(batch * width);
  const times = timesOf(series, plan);
  origins.forEach((origin, b) => {
    const start = origin - size;
    const padding = Math.max(0, -start);
    history.set(values.subarray(Math.max(0, start), origin), b * size + padding);
    for (let i = padding; i < width && times !== null; i++) days[b * width + i] = times[start + i] / dayMs;
  });
  return {
    history: { data: history, shape: [batch, size], dtype: "float64" },
    start: { data: Int32Array.from(origins, (origin) => origin - size), shape: [batch], dtype: "int32" },
    ...(times !== null && { days: { data: days, shape: [batch, width], dtype: "float64" } }),
  };
}
