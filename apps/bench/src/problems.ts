import { absence, isFailed } from "./row.js";
import type { WorkResult } from "./summary.js";
import { disagreement } from "./table.js";

/** What makes a run unsound, a line each: peers that broke, and peers that computed something else. */
export function problemsOf(results: readonly WorkResult[]): string[] {
  return results.flatMap(({ work, failed, differing }) => [
    ...failed.map((row) => `${work} ${row.peer}: ${absence(row)}`),
    ...differing.map((peer) => `${work} ${peer.peer}: ${disagreement(peer)}`),
  ]);
}

export const problemsIn = (rows: readonly object[]): string[] =>
  rows.filter(isFailed).map((row) => `${row.work} ${row.peer}: ${absence(row)}`);
