import { seriesId, textToValues, valuesToText } from "../session/series-text.js";
import type { UserSeries } from "../session/settings.js";

const keyOf = (id: string): string => `unrolled-series-${id}`;

/** Keeps a series for reloads of this tab. False where the browser gives no room for it. */
export function keepSeries(series: UserSeries): boolean {
  try {
    const text = JSON.stringify({ name: series.name, values: valuesToText(series.values) });
    sessionStorage.setItem(keyOf(seriesId(series)), text);
    return true;
  } catch {
    return false; // full, or forbidden
  }
}

export function keptSeries(id: string): UserSeries | null {
  try {
    const { name, values } = JSON.parse(sessionStorage.getItem(keyOf(id)) ?? "{}") as Partial<Record<string, string>>;
    const numbers = values === undefined ? null : textToValues(values);
    return name === undefined || numbers === null ? null : { name, values: numbers };
  } catch {
    return null; // forbidden, or not ours
  }
}
