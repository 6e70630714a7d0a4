import { scaleLinear, scaleUtc } from "d3-scale";

const dayMs = 86_400_000;

/** A scale with its labelled ticks. `map` gives the position between the two ends of `range`. */
export interface Axis {
  readonly map: (value: number) => number;
  readonly ticks: readonly { readonly position: number; readonly label: string }[];
}

/** How much room there is for labels: in units of the axis's range. */
export interface LabelRoom {
  /** The most ticks that are wanted. */
  readonly tickCount: number;
  /** Width of a character; labels must not touch. 0 where labels cannot meet, as on a vertical axis. */
  readonly characterWidth: number;
}

/** An axis for numbers. `nice` extends the domain to round values. */
export function numberAxis(
  domain: readonly [number, number],
  range: readonly [number, number],
  room: LabelRoom,
  nice: boolean,
): Axis {
  const scale = scaleLinear(domain, range);
  if (nice) scale.nice(room.tickCount);
  const [low, high] = scale.domain();
  const specifier = specifierFor(Math.max(Math.abs(low), Math.abs(high)));
  const ticks = fittingTicks(room, (count) => {
    const label = scale.tickFormat(count, specifier);
    return scale.ticks(count).map((tick) => ({ position: scale(tick), label: label(tick) }));
  });
  return { map: (value) => scale(value), ticks };
}

/** An axis for times in milliseconds since 1970, labelled in UTC. */
export function dateAxis(domain: readonly [number, number], range: readonly [number, number], room: LabelRoom): Axis {
  const scale = scaleUtc([new Date(domain[0]), new Date(domain[1])], range);
  const labelled = (count: number, brief: boolean): Axis["ticks"] => {
    const times = scale.ticks(count);
    const label = scale.tickFormat(count, dateSpecifier(times, brief));
    return times.map((tick) => ({ position: scale(tick), label: label(tick) }));
  };
  const ticks = fittingTicks(
    room,
    (count) => labelled(count, false),
    (count) => labelled(count, true),
  );
  return { map: (value) => scale(new Date(value)), ticks };
}

/**
 * D3 takes a count as a hint and may give twice as many: fewer are asked for until the labels stand apart, in the first of the
 * ways of writing them that fits.
 */
function fittingTicks(
  { tickCount, characterWidth }: LabelRoom,
  ...ways: readonly ((count: number) => Axis["ticks"])[]
): Axis["ticks"] {
  for (let count = tickCount; count > 1; count--) {
    const fitting = ways.map((make) => make(count)).find((ticks) => standApart(ticks, characterWidth));
    if (fitting !== undefined) return fitting;
  }
  return ways[ways.length - 1](1);
}

function standApart(ticks: Axis["ticks"], characterWidth: number): boolean {
  return ticks.every(({ position, label }, i) => {
    if (i === 0) return true;
    const before = ticks[i - 1];
    return Math.abs(position - before.position) >= (Math.max(label.length, before.label.length) + 1) * characterWidth;
  });
}

function specifierFor(largest: number): string | undefined {
  if (largest >= 1e7 && largest < 1e24) return "~s";
  return largest >= 1e24 || largest < 1e-4 ? ".2~e" : undefined;
}

function dateSpecifier(ticks: readonly Date[], brief: boolean): string {
  const all = (holds: (tick: Date) => boolean): boolean => ticks.every(holds);
  if (!all((tick) => tick.getTime() % dayMs === 0)) return brief ? "%H:%M" : "%b %d %H:%M";
  if (!all((tick) => tick.getUTCDate() === 1)) return brief ? "%b %d" : "%Y-%m-%d";
  return all((tick) => tick.getUTCMonth() === 0) ? "%Y" : "%b %Y";
}
