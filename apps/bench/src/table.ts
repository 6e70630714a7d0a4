import { columns, short } from "./columns.js";
import { absence, isTimed, type Row } from "./row.js";
import { type DifferingPeer, difference, type Summary, type TargetResult, type WorkResult } from "./summary.js";
import type { Work } from "./works/work.js";

/** One row as it comes in. */
export function progress({ rate, scale, unit, expected, tolerance }: Work, row: Row): string {
  const name = `${row.work} ${row.peer}`.padEnd(30);
  if (!isTimed(row)) return `${name} ${absence(row)}`;
  const apart = difference(row.values, expected);
  if (!row.otherModel && apart !== null && apart > tolerance) return `${name} its values DIFFER`;
  const least = Math.min(...row.samples);
  return `${name} ${short(rate ? scale / least : scale * least)} ${unit}, best of ${row.samples.length}`;
}

export const disagreement = ({ difference, values, expected }: DifferingPeer): string =>
  `values DIFFER by ${difference.toExponential(1)}, ${values.map(short).join(", ")} for ${expected.map(short).join(", ")}`;

const agreement: Readonly<Record<Exclude<Summary["verdict"], "differs">, (difference: number | null) => string>> = {
  agrees: (difference) => `agree (${(difference ?? 0).toExponential(0)})`,
  "other model": (difference) => `another model${difference === null ? "" : ` (${difference.toExponential(0)})`}`,
  "not compared": () => "not compared",
};

/** What is asked of a ratio, in words. */
export function bounds({ must, stretch }: TargetResult, rate: boolean): string {
  if (must === undefined) return "for information";
  return `target ${rate ? ">=" : "<="} ${short(must)}${stretch === undefined ? "" : `, stretch ${short(stretch)}`}`;
}

/** What came of it. */
export function judgement(
  { ours, theirs, ratio, reached, reachedStretch }: TargetResult,
  { peers }: WorkResult,
): string {
  if (ratio === null) {
    const absent = [ours, theirs].filter((name) => !peers.some(({ peer }) => peer === name));
    return `not judged, no time of ${absent.join(" and ")}`;
  }
  if (reached === null) return "";
  return reached ? (reachedStretch ? "reached, stretch too" : "reached") : "MISSED";
}

export const agreementOf = ({ verdict, difference }: Summary): string =>
  verdict === "differs" ? "" : agreement[verdict](difference);

function targetLine(target: TargetResult, result: WorkResult): string {
  const { ours, theirs, ratio } = target;
  const [asked, word] = [bounds(target, result.rate), judgement(target, result)];
  const what = `${ours} / ${theirs}`;
  if (ratio === null) return `  ${what}: ${word} (${asked})`;
  const others = [
    `medians ${short(target.ratioOfMedians ?? Number.NaN)}`,
    ...(target.ratioOfCpuTimes === null ? [] : [`CPU time ${short(target.ratioOfCpuTimes)}`]),
  ];
  return `  ${what}: ${short(ratio)} (${others.join(", ")}), ${[asked, ...(word ? [word] : [])].join(": ")}`;
}

/** A work's rows, the fastest first, then its targets and notes. */
export function table(result: WorkResult): string {
  const { work, title, unit, rate, peers, differing, missing, failed, targets } = result;
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
      agreementOf(row),
    ]);
    lines.push(...columns([head, ...rows]).map((line) => `  ${line}`));
  }
  for (const target of targets) lines.push(targetLine(target, result));
  for (const { peer, note } of peers) if (note) lines.push(`  ${peer}: ${note}`);
  for (const apart of differing) lines.push(`  ${apart.peer}: ${disagreement(apart)}`);
  for (const row of [...failed, ...missing]) lines.push(`  ${row.peer}: ${absence(row)}`);
  return lines.join("\n");
}
