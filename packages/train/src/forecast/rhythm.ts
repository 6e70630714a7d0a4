import type { Spacing } from "@unrolled/datasets";
import { dayMs } from "./dates.js";

/** What the spacing of the dates suggests, where nothing else was asked for. */
export interface Rhythm {
  /** `monthly`, `every 15 minutes`; null without regular dates. */
  readonly word: string | null;
  readonly season: number;
  readonly longSeason: number | null;
  readonly horizon: number;
  readonly holdout: number;
  readonly window: number;
  readonly stride: number;
}

type Sizes = readonly [
  season: number,
  longSeason: number | null,
  horizon: number,
  holdout: number,
  window: number,
  stride: number,
];

const largest = 96;
const hourMs = dayMs / 24;
const shortestWithSeason = dayMs / 288;

function rhythm(word: string | null, [season, longSeason, horizon, holdout, window, stride]: Sizes): Rhythm {
  return { word, season, longSeason, horizon, holdout, window, stride };
}

const none: Sizes = [1, null, 10, 100, 20, 1];

function every(count: number, unit: string): string {
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
}

function wordFor(ms: number): string {
  const units = [
    [7 * dayMs, "week"],
    [dayMs, "day"],
    [hourMs, "hour"],
    [60_000, "minute"],
    [1000, "second"],
  ] as const;
  const found = units.find(([size]) => ms % size === 0);
  return found === undefined ? `every ${ms} ms` : every(ms / found[0], found[1]);
}

function fixedRhythm(ms: number): Rhythm {
  if (ms === dayMs) return rhythm("daily", [7, 364, 28, 365, 28, 7]);
  if (ms === 7 * dayMs) return rhythm("weekly", [52, null, 13, 52, 52, 1]);
  if (ms === 14 * dayMs) return rhythm(wordFor(ms), [26, null, 6, 26, 26, 1]);
  if (ms < dayMs && ms >= shortestWithSeason && dayMs % ms === 0) {
    const perDay = dayMs / ms;
    const some = Math.min(2 * perDay, largest);
    const hourly = ms === hourMs;
    return rhythm(hourly ? "hourly" : wordFor(ms), [
      perDay,
      hourly ? 7 * perDay : null,
      some,
      28 * perDay,
      Math.max(some, Math.min(28, largest)),
      perDay,
    ]);
  }
  return rhythm(wordFor(ms), none);
}

function monthsRhythm(months: number): Rhythm {
  if (months === 1) return rhythm("monthly", [12, null, 12, 36, 12, 1]);
  if (months === 3) return rhythm("quarterly", [4, null, 4, 16, 8, 1]);
  if (months === 12) return rhythm("yearly", [1, null, 5, 20, 10, 1]);
  const word = months % 12 === 0 ? every(months / 12, "year") : every(months, "month");
  if (12 % months === 0) return rhythm(word, [12 / months, null, 12 / months, 36 / months, 24 / months, 1]);
  return rhythm(word, [1, null, 5, 20, 10, 1]);
}

/** Season and sizes for dates of this spacing; null for no dates. */
export function rhythmOf(spacing: Spacing | null): Rhythm {
  if (spacing === null || !spacing.regular) return rhythm(null, none);
  if (spacing.unit === "months") return monthsRhythm(spacing.step);
  if (spacing.unit === "workdays")
    return spacing.step === 1
      ? rhythm("working days", [5, null, 20, 250, 20, 5])
      : rhythm(every(spacing.step, "working day"), none);
  return fixedRhythm(spacing.step);
}

/** Whether every step is one day, weekends left out or not. */
export function isDaily(spacing: Spacing | null): boolean {
  if (spacing === null || !spacing.regular) return false;
  return spacing.unit === "workdays" ? spacing.step === 1 : spacing.unit === "milliseconds" && spacing.step === dayMs;
}
