import { isFailed, isMissing, isTimed, type Row, type TimedRow } from "./row.js";
import { judge, summarize, type WorkResult } from "./summary.js";
import type { Work } from "./works/work.js";

/** What all rounds say of one work, of the peers that were asked for. A peer that broke in one round has no time at all. */
export function resultOf(work: Work, asked: readonly string[], rows: readonly Row[]): WorkResult {
  const own = rows.filter((row) => row.work === work.name);
  const failed = own.filter(isFailed);
  const timed = own.filter(isTimed).filter(({ peer }) => !failed.some((row) => row.peer === peer));
  const expected = expectedOf(work, timed);
  const summaries = [...new Set(timed.map(({ peer }) => peer))].map((name) =>
    summarize(
      work,
      expected,
      timed.filter(({ peer }) => peer === name),
    ),
  );
  const peers = summaries.filter(({ verdict }) => verdict !== "differs");
  return {
    work: work.name,
    title: work.title,
    unit: work.unit,
    rate: work.rate,
    peers,
    differing: summaries.flatMap(({ peer, difference, values, verdict }) =>
      verdict === "differs" ? [{ peer, difference: difference ?? Number.NaN, values, expected }] : [],
    ),
    missing: own.filter(isMissing),
    failed,
    targets: judge(work, asked, peers),
  };
}

/** Works in other sizes bring no values: there the peers are compared with the hand-written one, or with the first. */
function expectedOf({ expected }: Work, timed: readonly TimedRow[]): readonly number[] {
  if (expected.length > 0) return expected;
  const sameModel = timed.filter(({ otherModel }) => !otherModel);
  const reference = sameModel.find(({ peer }) => peer === "plain") ?? sameModel[0];
  return sameModel.some(({ peer }) => peer !== reference.peer) ? reference.values : [];
}
