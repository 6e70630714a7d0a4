import { columns, short } from "./columns.js";
import type { Peer } from "./peers/peer.js";
import { runJob } from "./process.js";
import { absence, type FailedRow, isFailed, isMissing, type MissingRow } from "./row.js";
import type { Slope } from "./slope.js";

const trainings = [
  { work: "W3", steps: 10_000 },
  { work: "W4", steps: 1000 },
];
const limit = 3600; // seconds

export type MemoryRow = Slope | MissingRow | FailedRow;

/** How much heap and array buffers hold after a collection, over thousands of training steps. */
export async function measureMemory(peers: readonly Peer[]): Promise<MemoryRow[]> {
  const rows: MemoryRow[] = [];
  for (const training of trainings) {
    for (const { name: peer, open } of peers) {
      const names = { work: training.work, peer };
      if (open === undefined) {
        rows.push({ ...names, unavailable: "its memory is not JavaScript's" });
        continue;
      }
      console.error(`${training.work} ${peer}: ${training.steps} steps ...`);
      const outcome = await runJob({ ...names, steps: training.steps }, limit);
      rows.push("failed" in outcome ? { ...names, ...outcome } : (outcome.result as Slope | MissingRow));
    }
  }
  return rows;
}

export function memoryTable(rows: readonly MemoryRow[]): string {
  const mebibytes = (bytes: number): string => short(bytes / 2 ** 20);
  const cells = rows.flatMap((row) => {
    if (isMissing(row) || isFailed(row)) return [];
    const { work, peer, steps, first, last, slope, error, residentFirst, residentLast } = row;
    const change = `${mebibytes(first)} -> ${mebibytes(last)}`;
    const resident = `${mebibytes(residentFirst)} -> ${mebibytes(residentLast)}`;
    return [[`${work} ${peer}`, String(steps), change, `${short(slope)} +- ${short(error)}`, resident]];
  });
  const head = ["", "steps", "heap and buffers, MiB", "bytes a step", "resident, MiB"];
  const missing = rows.flatMap((row) =>
    isMissing(row) || isFailed(row) ? [`${row.work} ${row.peer}: ${absence(row)}`] : [],
  );
  return ["Memory after a collection, from a tenth of the steps on", ...columns([head, ...cells]), ...missing].join(
    "\n  ",
  );
}
