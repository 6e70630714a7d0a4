import type { FailedRow, MissingRow, TimedRow } from "./row.js";
import { mean, median, quantile } from "./statistics.js";
import { type Target, targets } from "./targets.js";
import type { Work } from "./works/work.js";

export interface Summary {
  readonly peer: string;
  /** In the work's unit; for rates the best is the largest. */
  readonly best: number;
  readonly median: number;
  /** The middle half of all samples, fast end first. */
  readonly quartiles: readonly [number, number];
  readonly samples: number;
  readonly rounds: number;
  readonly firstCall: number;
  readonly cpuPerWall: number;
  /** CPU time of a call in the least busy round, in the work's unit: what other processes do hardly shows in it. */
  readonly cpuTime: number | null;
  readonly othersBusy: number | null;
  readonly values: readonly number[];
  /** Largest relative difference from the expected values; null where none are known. */
  readonly difference: number | null;
  readonly verdict: "agrees" | "differs" | "other model" | "not compared";
  readonly note?: string;
  readonly version?: string;
}

export interface DifferingPeer {
  readonly peer: string;
  readonly difference: number;
  readonly values: readonly number[];
  readonly expected: readonly number[];
}

export interface TargetResult extends Target {
  /** From the best samples; null where a side is missing, failed or differs. Then from medians and from CPU time. */
  readonly ratio: number | null;
  readonly ratioOfMedians: number | null;
  readonly ratioOfCpuTimes: number | null;
  /** Null where nothing is judged, or nothing asked. */
  readonly reached: boolean | null;
  readonly reachedStretch: boolean | null;
}

export interface WorkResult {
  readonly work: string;
  readonly title: string;
  readonly unit: string;
  readonly rate: boolean;
  /** Those whose times count. */
  readonly peers: readonly Summary[];
  /** Those that computed something else: without times, as times of another computation say nothing. */
  readonly differing: readonly DifferingPeer[];
  readonly missing: readonly MissingRow[];
  readonly failed: readonly FailedRow[];
  readonly targets: readonly TargetResult[];
}

/** The largest difference of values from those expected, relative to each. */
export function difference(values: readonly number[], expected: readonly number[]): number | null {
  const compared = Math.min(values.length, expected.length);
  if (compared === 0) return null;
  let largest = 0;
  for (let i = 0; i < compared; i++) {
    const relative = Math.abs(values[i] - expected[i]) / Math.abs(expected[i]);
    if (!(relative <= largest)) largest = Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
  }
  return largest;
}

function verdictOf(work: Work, row: TimedRow, apart: number | null): Summary["verdict"] {
  if (row.otherModel) return "other model";
  if (apart === null) return "not compared";
  return apart <= work.tolerance ? "agrees" : "differs";
}

/** One peer's rounds of one work, and the values that are expected of it. */
export function summarize(work: Work, expected: readonly number[], rows: readonly TimedRow[]): Summary {
  const figure = (seconds: number): number => (work.rate ? work.scale / seconds : work.scale * seconds);
  const samples = rows.flatMap((row) => row.samples);
  const apart = rows.map((row) => difference(row.values, expected));
  const worst = apart.includes(null) ? null : Math.max(...(apart as number[]));
  const busy = rows.flatMap(({ othersBusy }) => othersBusy ?? []);
  const cpuTimes = rows.map((row) => row.cpuPerWall * mean(row.samples));
  const cpuTime = Math.min(...cpuTimes);
  const last = rows[rows.length - 1];
  return {
    peer: last.peer,
    best: figure(Math.min(...samples)),
    median: figure(median(rows.map((row) => median(row.samples)))),
    quartiles: [figure(quantile(samples, 0.25)), figure(quantile(samples, 0.75))],
    samples: samples.length,
    rounds: rows.length,
    firstCall: median(rows.map(({ firstCall }) => firstCall)),
    cpuPerWall: median(rows.map(({ cpuPerWall }) => cpuPerWall)),
    cpuTime: cpuTime > 0 ? figure(cpuTime) : null,
    othersBusy: busy.length > 0 ? median(busy) : null,
    values: last.values,
    difference: worst,
    verdict: verdictOf(work, last, worst),
    ...(last.note && { note: last.note }),
    ...(last.version && { version: last.version }),
  };
}

const notJudged = { ratio: null, ratioOfMedians: null, ratioOfCpuTimes: null, reached: null, reachedStretch: null };

/** The work's targets between peers that were asked for. `peers` are those whose times count. */
export function judge(work: Work, asked: readonly string[], peers: readonly Summary[]): TargetResult[] {
  const { rate } = work;
  return targets
    .filter(({ work: name, ours, theirs }) => name === work.name && asked.includes(ours) && asked.includes(theirs))
    .map((target) => {
      const [ours, theirs] = [target.ours, target.theirs].map((name) => peers.find(({ peer }) => peer === name));
      if (!(ours && theirs)) return { ...target, ...notJudged };
      const ratio = ours.best / theirs.best;
      const keeps = (bound: number | undefined): boolean | null =>
        bound === undefined ? null : rate ? ratio >= bound : ratio <= bound;
      return {
        ...target,
        ratio,
        ratioOfMedians: ours.median / theirs.median,
        ratioOfCpuTimes: ours.cpuTime && theirs.cpuTime ? ours.cpuTime / theirs.cpuTime : null,
        reached: keeps(target.must),
        reachedStretch: keeps(target.stretch),
      };
    });
}
