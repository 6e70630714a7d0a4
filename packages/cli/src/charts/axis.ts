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
  const ticks = fittingTicks(room, (count) => {
    const times = scale.ticks(count);
    const label = scale.tickFormat(count, dateSpecifier(times));
    return times.map((tick) => ({ position: scale(tick), label: label(tick) }));
  });
  return { map: (value) => scale(new Date(value)), ticks };
}

/** D3 takes a count as a hint and may give twice as many: fewer are asked for until the labels stand apart. */
function fittingTicks({ tickCount, characterWidth }: LabelRoom, make: (count: number) => Axis["ticks"]): Axis["ticks"] {
  for (let count = tickCount; count > 1; count--) {
    const ticks = make(count);
    const apart = ticks.every(({ position, label }, i) => {
      const touch = (Math.max(label.length, ticks[i - 1]?.label.length ?? 0) + 1) * characterWidth;
      return i === 0 || position - ticks[i - 1].position >= touch;
    });
    if (apart || characterWidth === 0) return ticks;
  }
  return make(1);
}

function specifierFor(largest: number): string | undefined {
  if (largest >= 1e7 && largest < 1e24) return "~s";
  return largest >= 1e24 || largest < 1e-4 ? ".2~e" : undefined;
}

function dateSpecifier(ticks: readonly Date[]): string {
  if (ticks.some((tick) => tick.getTime() % dayMs !== 0)) return "%m-%d %H:%M";
  if (ticks.some((tick) => tick.getUTCDate() !== 1)) return "%Y-%m-%d";
  return ticks.some((tick) => tick.getUTCMonth() !== 0) ? "%b %Y" : "%Y";
}
