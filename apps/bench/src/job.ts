// One peer with one work in a process of its own: node job.js '{"work":"W4","peer":"cpu","budget":{...}}'. Prints a line of JSON.
import { type Budget, measure } from "./measure.js";
import { peers } from "./peers/node.js";
import { runOf } from "./ready.js";
import { peakGrowth } from "./resident.js";
import type { Row } from "./row.js";
import { Unavailable } from "./run.js";
import { type Slope, slopeOf } from "./slope.js";
import { makeWork } from "./works/index.js";

export interface Request {
  readonly work: string;
  readonly peer: string;
  readonly budget?: Budget;
  /** Instead of times: how memory goes over so many training steps. */
  readonly steps?: number;
}

async function answer({ work: workName, peer: peerName, budget, steps }: Request): Promise<Row | Slope> {
  const names = { work: workName, peer: peerName };
  const work = makeWork(workName);
  const peer = peers.find(({ name }) => name === peerName);
  if (work === null || peer === undefined) throw new Error(`there is no work ${workName}, or no peer ${peerName}`);
  try {
    const run = await runOf(work, peer);
    if (steps !== undefined) {
      if (work.kind !== "training") throw new Unavailable("only training goes on for many steps");
      return { ...(await slopeOf(run, work, steps)), ...names };
    }
    if (budget === undefined) throw new Error("neither budget nor steps");
    const measuresMemory = work.kind === "training" && work.measure === "memory";
    const measured = measuresMemory ? await peakGrowth(run) : await measure(run, work, budget, cpuSeconds);
    const { note, otherModel = false } = run;
    return { ...names, ...measured, otherModel, ...(note && { note }) };
  } catch (error) {
    if (error instanceof Unavailable) return { ...names, unavailable: error.message };
    throw error;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const result = await answer(JSON.parse(process.argv[2]) as Request);
process.stdout.write(`\nRESULT ${JSON.stringify(result)}\n`);
process.exit(0); // some libraries leave timers behind
