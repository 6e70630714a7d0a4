import { isTimed, type Row } from "./row.js";
import { judge, summarize, type WorkResult } from "./summary.js";
import type { Work } from "./works/work.js";

/** What all rounds say of one work, of the peers that were asked for. */
export function resultOf(work: Work, asked: readonly string[], rows: readonly Row[]): WorkResult {
  const own = rows.filter((row) => row.work === work.name);
  const timed = own.filter(isTimed);
  const names = [...new Set(timed.map(({ peer }) => peer))];
  const peers = names.map((name) =>
    summarize(
      work,
      timed.filter(({ peer }) => peer === name),
    ),
  );
  return {
    work: work.name,
    title: work.title,
    unit: work.unit,
    rate: work.rate,
    peers,
    missing: own.flatMap((row) => (isTimed(row) ? [] : [row])),
    targets: judge(work, asked, peers),
  };
}
