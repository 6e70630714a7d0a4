// Times works and peers, prints a table for each work, and writes everything down.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { drawChart } from "./chart.js";
import { growthTable, measureGrowth } from "./growth.js";
import { installPeers } from "./install-peers.js";
import { describeMachine } from "./machine.js";
import { measureMemory, memoryTable } from "./memory.js";
import { readOptions } from "./options.js";
import { peers } from "./peers/node.js";
import { table } from "./table.js";
import { measureTimes } from "./times.js";

const options = readOptions(process.argv.slice(2), peers);
const chosen = options.named ?? peers.filter(({ name }) => name === "cpu");

if (options.mode === "list") {
  for (const { name, title } of options.works) console.log(`${name.padEnd(20)} ${title}`);
  for (const { name, about } of peers) console.log(`${name.padEnd(20)} ${about}`);
} else if (options.mode === "page") {
  install();
  const { servePage } = await import("./page-server.js");
  await servePage();
} else {
  install();
  const machine = describeMachine();
  const { cpu, cores, memoryGiB, platform, node } = machine;
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}`);
  write({ machine, ...(await measured(options.mode)) });
}

function install(): void {
  const failure = installPeers();
  if (failure !== null) console.error(failure);
}

async function measured(mode: "times" | "growth" | "memory"): Promise<object> {
  if (mode === "growth") {
    const growth = await measureGrowth(chosen, options.rounds);
    for (const curve of growth) console.log(`\n${growthTable(curve)}`);
    return { growth };
  }
  if (mode === "memory") {
    const memory = await measureMemory(chosen);
    console.log(`\n${memoryTable(memory)}`);
    return { memory };
  }
  const { results, rows } = await measureTimes(options);
  for (const result of results) console.log(`\n${table(result)}`);
  return { results, rows };
}

function write(everything: object): void {
  const file = resolve(options.json);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(everything, null, 1)}\n`);
  console.log(`\nWritten to ${file}`);
  if (!("results" in everything || "growth" in everything)) return;
  const chart = `${file.replace(/\.json$/, "")}.svg`;
  const failure = drawChart(file, chart);
  console.log(failure === null ? `Drawn in ${chart}` : `Not drawn: ${failure}`);
}
