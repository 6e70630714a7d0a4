import type { Budget } from "./measure.js";
import type { Options } from "./options.js";
import { resultOf } from "./result-of.js";
import { type Plan, runRounds } from "./rounds.js";
import type { Row } from "./row.js";
import type { WorkResult } from "./summary.js";
import { progress } from "./table.js";

const thorough: Budget = { warmSeconds: 1, seconds: 2, leastCalls: 3, most: 20, mostCalls: 400 };
const quick: Budget = { warmSeconds: 0.6, seconds: 0.35, leastCalls: 2, most: 4, mostCalls: 100 };

/** Every chosen peer with every chosen work, in rounds. */
export async function measureTimes(options: Options): Promise<{ results: WorkResult[]; rows: Row[] }> {
  const plans = options.works.map((work): Plan => ({ work, peers: options.peersOf(work.name) }));
  const rows = await runRounds(plans, {
    rounds: options.rounds,
    budget: options.quick ? quick : thorough,
    patience: options.quick ? 0 : 3,
    onRow: (work, row) => console.error(progress(work, row)),
  });
  return {
    results: plans.map(({ work, peers }) =>
      resultOf(
        work,
        peers.map(({ name }) => name),
        rows,
      ),
    ),
    rows,
  };
}
