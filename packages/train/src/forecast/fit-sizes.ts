import { ArgumentError } from "@unrolled/backend";
import type { Rhythm } from "./rhythm.js";

/** The sizes that must fit into a series together. */
export interface Sizes {
  readonly season: number;
  readonly horizon: number;
  readonly holdout: number;
  readonly window: number;
}

type Asked = { readonly [K in keyof Sizes]?: Sizes[K] | undefined };

const names = ["horizon", "season", "window", "holdout"] as const;
/** Origins to learn from, beyond those that keep training, validation and held-back end apart. */
const fewSamples = 4;
const someSamples = 10;

/** Fewest values before the held-back end to learn from with these settings. */
export function trainingNeeded(window: number, horizon: number, season: number, samples: number): number {
  return window + season + 2 * horizon + samples;
}

function attempt(
  length: number,
  season: number,
  horizon: number,
  asked: Asked,
  rhythm: Rhythm,
  ample: boolean,
): Sizes | null {
  const holdout = asked.holdout ?? Math.max(horizon, Math.min(rhythm.holdout, Math.floor(length / 4)));
  if (horizon > holdout) return null;
  if (ample && asked.horizon === undefined && asked.holdout === undefined && holdout < 1.5 * horizon) return null;
  const samples = ample ? Math.max(horizon, someSamples) : fewSamples;
  const room = length - holdout - trainingNeeded(0, horizon, season, samples);
  const wanted = Math.max(rhythm.window, Math.min(2 * season, 96));
  const usual = asked.season === undefined ? rhythm.window : wanted;
  const window = asked.window ?? Math.min(usual, Math.max(1, Math.floor(room / 2)));
  if (window > room || (ample && asked.window === undefined && window < Math.min(usual, 4))) return null;
  return { season, horizon, holdout, window };
}

/** `[12, 6, 3, 2, 1]` */
function halves(most: number): number[] {
  const out = [most];
  while (out[out.length - 1] > 1) out.push(Math.round(out[out.length - 1] / 2));
  return out;
}

/**
 * The sizes closest to those of the rhythm that fit, with what was asked for as it is. Given up are, in this order: some of the
 * window and the horizon, all but a few windows to learn from, the season, the horizon down to 1.
 */
function search(length: number, asked: Asked, rhythm: Rhythm): Sizes | null {
  const seasons = asked.season === undefined ? [...new Set([rhythm.season, 1])] : [asked.season];
  const most =
    asked.season === undefined || rhythm.word !== null
      ? rhythm.horizon
      : Math.min(96, Math.max(rhythm.horizon, asked.season));
  const horizons = asked.horizon === undefined ? halves(most) : [asked.horizon];
  const rounds = seasons.flatMap((season) => [
    { season, least: most / 4, ample: true },
    { season, least: most / 8, ample: false },
  ]);
  for (const { season, least, ample } of [
    ...rounds,
    ...seasons.map((season) => ({ season, least: 1, ample: false })),
  ]) {
    for (const horizon of horizons) {
      if (horizon < least && asked.horizon === undefined) continue;
      const found = attempt(length, season, horizon, asked, rhythm, ample);
      if (found !== null) return found;
    }
  }
  return null;
}

/** The fewest values that are enough. */
function enoughFor(asked: Asked, rhythm: Rhythm): number {
  let most = 16;
  while (search(most, asked, rhythm) === null) most *= 2;
  let least = 1;
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (search(middle, asked, rhythm) === null) least = middle + 1;
    else most = middle;
  }
  return most;
}

const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;

const withheld: readonly (readonly (keyof Sizes)[])[] = [
  ["window"],
  ["holdout"],
  ["horizon"],
  ["horizon", "window"],
  ["season"],
  ["season", "window"],
  ["horizon", "season"],
  ["horizon", "season", "window"],
  ["horizon", "season", "window", "holdout"],
];

/** In words, values for what was asked for that would fit; null if none do. */
function thatWouldFit(length: number, asked: Asked, rhythm: Rhythm): string | null {
  for (const left of withheld) {
    const kept = Object.fromEntries(Object.entries(asked).filter(([name]) => !left.some((one) => one === name)));
    const found = search(length, kept, rhythm);
    if (found === null) continue;
    return listed(names.filter((name) => asked[name] !== undefined).map((name) => `${name} ${found[name]}`));
  }
  return null;
}

/**
 * Decides horizon, season, window and holdout: what was asked for is kept, the rest follows the rhythm as far as the series is
 * long enough, with a warning where it is not.
 *
 * @throws ArgumentError if what was asked for does not fit, saying how many values it needs and what would fit
 */
export function fitSizes(length: number, asked: Asked, rhythm: Rhythm, warnings: string[]): Sizes {
  if (asked.horizon !== undefined && asked.holdout !== undefined && asked.horizon > asked.holdout) {
    throw new ArgumentError(
      "forecast",
      `horizon ${asked.horizon} is longer than the held-back end, holdout ${asked.holdout}`,
      "hold back at least one horizon",
    );
  }
  const found = search(length, asked, rhythm);
  if (found === null) {
    const given = names.flatMap((name) => (asked[name] === undefined ? [] : [`${name} ${asked[name]}`]));
    const enough = enoughFor(asked, rhythm);
    const who =
      given.length === 0
        ? `at least ${enough} are needed`
        : `${listed(given)} ${given.length === 1 ? "needs" : "need"} at least ${enough}`;
    const fitting = thatWouldFit(length, asked, rhythm);
    throw new ArgumentError(
      "forecast",
      `${length} values are too few: ${who}`,
      fitting === null ? "give more" : `give more; or ${fitting} would fit`,
    );
  }
  const less = (["season", "horizon", "window"] as const).filter(
    (name) => asked[name] === undefined && found[name] < rhythm[name],
  );
  if (less.length > 0) {
    const words = less.map((name) => `${name} ${found[name]} instead of ${rhythm[name]}`);
    warnings.push(`the series is short (${length} values), so by default ${listed(words)}`);
  }
  return found;
}
