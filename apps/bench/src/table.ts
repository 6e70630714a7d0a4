import { columns, short } from "./columns.js";
import { isTimed, type Row } from "./row.js";
import type { Summary, TargetResult, WorkResult } from "./summary.js";
import type { Work } from "./works/work.js";

/** One row as it comes in. */
export function progress({ rate, scale, unit }: Work, row: Row): string {
  const name = `${row.work} ${row.peer}`.padEnd(30);
  if (!isTimed(row)) return `${name} not run: ${row.unavailable}`;
  const least = Math.min(...row.samples);
  return `${name} ${short(rate ? scale / least : scale * least)} ${unit}, best of ${row.samples.length}`;
}

const agreement: Readonly<Record<Summary["verdict"], (difference: number | null) => string>> = {
  agrees: (difference) => `agree (${(difference ?? 0).toExponential(0)})`,
  differs: (difference) => `DIFFER by ${(difference ?? Number.NaN).toExponential(1)}`,
  "other model": (difference) => `another model${difference === null ? "" : ` (${difference.toExponential(0)})`}`,
  "not compared": () => "not compared",
};

function targetLine(target: TargetResult, { rate, peers }: WorkResult): string {
  const { ours, theirs, must, stretch, ratio, reached, reachedStretch } = target;
  const sign = rate ? ">=" : "<=";
  const bounds = `target ${sign} ${short(must)}${stretch === undefined ? "" : `, stretch ${short(stretch)}`}`;
  const what = `${ours} / ${theirs}`;
  if (ratio === null) {
    const absent = [ours, theirs].filter((name) => !peers.some(({ peer }) => peer === name));
    const reason = absent.length > 0 ? `${absent.join(" and ")} missing` : "the values differ";
    return `  ${what}: not judged, ${reason} (${bounds})`;
  }
  const word = reached ? (reachedStretch ? "reached, stretch too" : "reached") : "MISSED";
  const others = [
    `medians ${short(target.ratioOfMedians ?? Number.NaN)}`,
    ...(target.ratioOfCpuTimes === null ? [] : [`CPU time ${short(target.ratioOfCpuTimes)}`]),
  ];
  return `  ${what}: ${short(ratio)} (${others.join(", ")}), ${bounds}: ${word}`;
}

/** A work's rows, the fastest first, then its targets and notes. */
export function table(result: WorkResult): string {
  const { work, title, unit, rate, peers, missing, targets } = result;
  const lines = [`${work}  ${title}`];
  if (peers.length > 0) {
    const sorted = [...peers].sort((a, b) => (rate ? b.best - a.best : a.best - b.best));
    const head = [
      "peer",
      `best, ${unit}`,
      "median",
      "middle half",
      "calls",
      "first call",
      "cpu time",
      "cpu/wall",
      "values",
    ];
    const rows = sorted.map((row) => [
      row.peer,
      short(row.best),
      short(row.median),
      `${short(row.quartiles[0])} - ${short(row.quartiles[1])}`,
      `${row.samples} in ${row.rounds}`,
      `${short(row.firstCall)} s`,
      row.cpuTime === null ? "" : short(row.cpuTime),
      row.cpuTime === null ? "" : row.cpuPerWall.toFixed(2),
      agreement[row.verdict](row.difference),
    ]);
    lines.push(...columns([head, ...rows]).map((line) => `  ${line}`));
  }
  for (const target of targets) lines.push(targetLine(target, result));
  for (const { peer, note } of peers) if (note) lines.push(`  ${peer}: ${note}`);
  for (const { peer, unavailable } of missing) lines.push(`  ${peer}: not run, ${unavailable}`);
  return lines.join("\n");
}
