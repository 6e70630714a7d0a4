import { short } from "./columns.js";
import type { Machine } from "./machine.js";
import { absence } from "./row.js";
import type { WorkResult } from "./summary.js";
import { agreementOf, bounds, disagreement, judgement } from "./table.js";

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)].join("\n");

/** The ratios that are asked for, then every peer of every work. */
export function markdownOf(machine: Machine, results: readonly WorkResult[]): string {
  const { cpu, cores, memoryGiB, platform, node } = machine;
  return [
    "# Bench",
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}. Ratios are of the best calls.`,
    ratios(results),
    ...results.flatMap(sectionOf),
  ].join("\n\n");
}

function ratios(results: readonly WorkResult[]): string {
  const rows = results.flatMap((result) =>
    result.targets.map((target) => [
      result.work,
      `${target.ours} / ${target.theirs}, ${result.rate ? "rate" : result.unit === "MiB" ? "memory" : "time"}`,
      target.ratio === null ? "" : short(target.ratio),
      target.ratioOfMedians === null ? "" : short(target.ratioOfMedians),
      bounds(target, result.rate),
      judgement(target, result),
    ]),
  );
  return tableOf(["work", "ratio of", "best", "medians", "asked", ""], rows);
}

function sectionOf(result: WorkResult): string[] {
  const { work, title, unit, rate, peers, differing, missing, failed } = result;
  const sorted = [...peers].sort((a, b) => (rate ? b.best - a.best : a.best - b.best));
  const rows = sorted.map((peer) => [
    peer.peer,
    short(peer.best),
    short(peer.median),
    `${peer.samples} in ${peer.rounds}`,
    `${short(peer.firstCall)} s`,
    agreementOf(peer),
  ]);
  const others = [
    ...peers.flatMap(({ peer, note }) => (note ? [`- ${peer}: ${note}`] : [])),
    ...differing.map((peer) => `- ${peer.peer}: ${disagreement(peer)}`),
    ...[...failed, ...missing].map((absent) => `- ${absent.peer}: ${absence(absent)}`),
  ];
  return [
    `## ${work}: ${title}`,
    ...(rows.length > 0 ? [tableOf(["peer", `best, ${unit}`, "median", "calls", "first call", "values"], rows)] : []),
    ...(others.length > 0 ? [others.join("\n")] : []),
  ];
}
