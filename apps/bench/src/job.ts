// One peer with one work in a process of its own: node job.js '{"work":"W4","peer":"cpu","budget":{...}}'. Prints a line of JSON.
import { type Budget, measure } from "./measure.js";
import { peers } from "./peers/node.js";
import type { Row } from "./row.js";
import { type Run, Unavailable } from "./run.js";
import { makeWork } from "./works/index.js";
import type { Work } from "./works/work.js";

interface Request {
  readonly work: string;
  readonly peer: string;
  readonly budget: Budget;
}

async function row({ work: name, peer: peerName, budget }: Request): Promise<Row> {
  const work = makeWork(name);
  const peer = peers.find((known) => known.name === peerName);
  if (peer?.open === undefined) throw new Error(`there is no peer ${peerName}`);
  try {
    const family = await peer.open();
    const make = family[work.kind] as ((work: Work) => Run | Promise<Run>) | undefined;
    if (make === undefined) throw new Unavailable("cannot express it");
    const run = await make(work);
    const measured = await measure(run, work, budget, cpuSeconds);
    const { note, otherModel = false } = run;
    return { work: name, peer: peerName, ...measured, otherModel, ...(note && { note }) };
  } catch (error) {
    if (error instanceof Unavailable) return { work: name, peer: peerName, unavailable: error.message };
    throw error;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const result = await row(JSON.parse(process.argv[2]) as Request);
process.stdout.write(`\nRESULT ${JSON.stringify(result)}\n`);
process.exit(0); // some libraries leave timers behind
