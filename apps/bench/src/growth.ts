import { columns, short } from "./columns.js";
import type { Budget } from "./measure.js";
import type { Peer } from "./peers/peer.js";
import { problemsOf } from "./problems.js";
import { resultOf } from "./result-of.js";
import { type Plan, runRounds } from "./rounds.js";
import { isTimed, type TimedRow } from "./row.js";
import { fitLine } from "./statistics.js";
import { progress } from "./table.js";
import { makeWork } from "./works/index.js";

export interface Curve {
  /** What grows: T (time), B (batch) or H (hidden). */
  readonly along: "T" | "B" | "H";
  readonly peer: string;
  readonly points: readonly CurvePoint[];
  /** Exponents of the fitted powers: of time over all sizes and over their larger half, and of the peak. */
  readonly exponent: number;
  readonly largeExponent: number;
  readonly peakExponent: number;
}

export interface CurvePoint {
  readonly size: number;
  readonly milliseconds: number;
  /** What the step adds to the peak of resident memory, and what stays after a collection, MiB. */
  readonly peak: number | null;
  readonly held: number | null;
}

const curves = [
  { along: "T", sizes: [25, 50, 100, 200, 500, 1000, 2000], name: (n: number) => `LSTM-T${n}-B8-H64` },
  { along: "B", sizes: [1, 2, 4, 8, 16, 32, 64, 128, 256], name: (n: number) => `LSTM-T32-B${n}-H64` },
  { along: "H", sizes: [16, 32, 64, 128, 256, 512], name: (n: number) => `LSTM-T32-B16-H${n}` },
] as const;

const budget: Budget = { warmSeconds: 0.3, seconds: 0.5, leastCalls: 3, most: 10, mostCalls: 200 };

/** Training steps of an LSTM at growing sizes: each size in a process of its own. */
export async function measureGrowth(
  peers: readonly Peer[],
  rounds: number,
): Promise<{ growth: Curve[]; problems: string[] }> {
  const names = curves.flatMap(({ sizes, name }) => sizes.flatMap((size) => [name(size), `${name(size)}-memory`]));
  const plans = names.flatMap((name): Plan[] => {
    const work = makeWork(name);
    return work ? [{ work, peers }] : [];
  });
  const onRow = (...[work, row]: Parameters<typeof progress>): void => console.error(progress(work, row));
  const rows = await runRounds(plans, { rounds, budget, patience: 1, onRow });
  const asked = peers.map(({ name }) => name);
  const results = plans.map(({ work }) => resultOf(work, asked, rows));
  const counts = ({ work, peer }: TimedRow): boolean =>
    results.some((result) => result.work === work && result.peers.some((summary) => summary.peer === peer));
  const sound = rows.filter(isTimed).filter(counts);
  return {
    growth: asked.flatMap((peer) => curves.flatMap((curve) => curveOf(peer, curve, sound) ?? [])),
    problems: problemsOf(results),
  };
}

function curveOf(
  peer: string,
  { along, sizes, name }: (typeof curves)[number],
  rows: readonly TimedRow[],
): Curve | null {
  const timed = (work: string): TimedRow[] => rows.filter((row) => row.work === work && row.peer === peer);
  const points = sizes.flatMap((size): CurvePoint[] => {
    const times = timed(name(size)).flatMap(({ samples }) => samples);
    if (times.length === 0) return [];
    const [memory] = timed(`${name(size)}-memory`);
    const mebibytes = (bytes: number | undefined): number | null => (bytes === undefined ? null : bytes / 2 ** 20);
    const milliseconds = 1000 * Math.min(...times);
    return [{ size, milliseconds, peak: mebibytes(memory?.samples[0]), held: mebibytes(memory?.held) }];
  });
  if (points.length < 3) return null;
  const large = points.slice(Math.floor(points.length / 2));
  const milliseconds = (point: CurvePoint): number => point.milliseconds;
  return {
    along,
    peer,
    points,
    exponent: exponentOf(points, milliseconds),
    largeExponent: exponentOf(large, milliseconds),
    peakExponent: exponentOf(large, ({ peak }) => Math.max(peak ?? Number.NaN, 0.1)),
  };
}

/** The slope between logarithms. */
function exponentOf(points: readonly CurvePoint[], value: (point: CurvePoint) => number): number {
  return fitLine(
    points.map(({ size }) => Math.log(size)),
    points.map((point) => Math.log(value(point))),
  ).slope;
}

export function growthTable({ along, peer, points, exponent, largeExponent, peakExponent }: Curve): string {
  const rows = points.map(({ size, milliseconds, peak, held }, i) => {
    const before = points[i - 1];
    const local = before ? Math.log(milliseconds / before.milliseconds) / Math.log(size / before.size) : null;
    return [
      `${along} = ${size}`,
      short(milliseconds),
      local === null ? "" : local.toFixed(2),
      peak === null ? "" : short(peak),
      held === null ? "" : short(held),
    ];
  });
  const head = [peer, "ms a step", "exponent", "peak, MiB", "held, MiB"];
  const lines = columns([head, ...rows]).map((line) => `  ${line}`);
  return [
    `A training step of an LSTM against ${along}: time grows as ${along}^${exponent.toFixed(2)}, in the larger half of the sizes as ${along}^${largeExponent.toFixed(2)}; peak memory there as ${along}^${peakExponent.toFixed(2)}`,
    ...lines,
  ].join("\n");
}
