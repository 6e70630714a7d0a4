// One peer with one work in a worker of its own. Takes a request, answers with a row.
import { type Budget, measure } from "../measure.js";
import { peers } from "../peers/browser.js";
import { runOf } from "../ready.js";
import type { Row } from "../row.js";
import { Unavailable } from "../run.js";
import { makeWork } from "../works/index.js";

export interface PageRequest {
  readonly work: string;
  readonly peer: string;
  readonly budget: Budget;
}

async function rowOf({ work: workName, peer: peerName, budget }: PageRequest): Promise<Row> {
  const names = { work: workName, peer: peerName };
  const work = makeWork(workName);
  const peer = peers.find(({ name }) => name === peerName);
  if (work === null || peer === undefined) return { ...names, unavailable: "there is no such work or peer" };
  try {
    const run = await runOf(work, peer);
    const { note, otherModel = false } = run;
    return { ...names, ...(await measure(run, work, budget)), otherModel, ...(note && { note }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { ...names, ...(error instanceof Unavailable ? { unavailable: reason } : { failed: reason }) };
  }
}

addEventListener("message", ({ data }: MessageEvent<PageRequest>) => {
  void rowOf(data).then((row) => postMessage(row));
});
