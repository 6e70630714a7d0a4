// Times works and peers, prints a table for each work, and writes everything down.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { installPeers } from "./install-peers.js";
import { describeMachine } from "./machine.js";
import type { Budget } from "./measure.js";
import { readOptions } from "./options.js";
import { peers } from "./peers/node.js";
import { type Plan, runRounds } from "./rounds.js";
import { isTimed, type Row } from "./row.js";
import { judge, summarize, type WorkResult } from "./summary.js";
import { short, table } from "./table.js";
import { makeWork, workNames } from "./works/index.js";

const thorough: Budget = { seconds: 2, leastCalls: 3, most: 20, mostCalls: 400 };
const quick: Budget = { seconds: 0.5, leastCalls: 2, most: 4, mostCalls: 100 };

const options = readOptions(process.argv.slice(2), workNames, peers);
if (options.list) {
  for (const name of workNames) console.log(`${name.padEnd(20)} ${makeWork(name).title}`);
  for (const { name, about } of peers) console.log(`${name.padEnd(20)} ${about}`);
  process.exit(0);
}

const plans = options.works.map((name): Plan => ({ work: makeWork(name), peers: options.peersOf(name) }));
const notInstalled = installPeers();
if (notInstalled !== null) console.error(notInstalled);
const machine = describeMachine();
console.log(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}`,
);

const rows = await runRounds(plans, {
  rounds: options.rounds,
  budget: options.quick ? quick : thorough,
  patience: options.quick ? 0 : 3,
  onRow: (row) => console.error(progress(row)),
});

function progress(row: Row): string {
  const name = `${row.work} ${row.peer}`.padEnd(26);
  if (!isTimed(row)) return `${name} not run: ${row.unavailable}`;
  return `${name} ${short(1000 * Math.min(...row.samples))} ms a call at best, of ${row.samples.length}`;
}

function resultOf({ work, peers: asked }: Plan): WorkResult {
  const own = rows.filter((row) => row.work === work.name);
  const timed = own.filter(isTimed);
  const names = [...new Set(timed.map(({ peer }) => peer))];
  const summaries = names.map((name) =>
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
    peers: summaries,
    missing: own.flatMap((row) => (isTimed(row) ? [] : [row])),
    targets: judge(
      work,
      asked.map(({ name }) => name),
      summaries,
    ),
  };
}

const results = plans.map(resultOf);
for (const result of results) console.log(`\n${table(result)}`);

const file = resolve(options.json);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ machine, results, rows }, null, 1)}\n`);
console.log(`\nWritten to ${file}`);
