// Times works and peers, prints a table for each work, and writes everything down.
import { writeFileSync } from "node:fs";
import { drawChart } from "./chart.js";
import { growthTable, measureGrowth } from "./growth.js";
import { installPeers } from "./install-peers.js";
import { describeMachine } from "./machine.js";
import { markdownOf } from "./markdown.js";
import { measureMemory, memoryTable } from "./memory.js";
import { readOptions } from "./options.js";
import { peers } from "./peers/node.js";
import { problemsIn, problemsOf } from "./problems.js";
import { resultsFile } from "./results-file.js";
import { table } from "./table.js";
import { measureTimes } from "./times.js";

const options = readOptions(process.argv.slice(2), peers);
const chosen = options.named ?? peers.filter(({ name }) => name === "cpu");
const machine = describeMachine();

if (options.mode === "list") {
  for (const { name, title } of options.works) console.log(`${name.padEnd(20)} ${title}`);
  for (const { name, about } of peers) console.log(`${name.padEnd(20)} ${about}`);
} else if (options.mode === "page") {
  install();
  const { servePage } = await import("./page-server.js");
  await servePage();
} else {
  const file = fileOrExit();
  const installing = install();
  const { cpu, cores, memoryGiB, platform, node } = machine;
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}`);
  const problems = await measure(options.mode, file);
  const seconds = performance.now() / 1000 - installing;
  console.log(`Took ${Math.round(seconds)} s${installing < 1 ? "" : `, and ${Math.round(installing)} s to install`}`);
  if (problems.length > 0) {
    console.error(`\nNot sound:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    process.exitCode = 1;
  }
}

/** Returns the seconds that it took. */
function install(): number {
  if (!options.install) return 0;
  const started = performance.now();
  const failure = installPeers();
  if (failure !== null) console.error(failure);
  return (performance.now() - started) / 1000;
}

function fileOrExit(): string {
  try {
    return resultsFile(options.json);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    return process.exit(1);
  }
}

/** Measures, prints and writes. Returns what is not sound in it. */
async function measure(mode: "times" | "growth" | "memory", file: string): Promise<string[]> {
  if (mode === "growth") {
    const { growth, problems } = await measureGrowth(chosen, options.rounds);
    for (const curve of growth) console.log(`\n${growthTable(curve)}`);
    write(file, { machine, growth });
    draw(file);
    return problems;
  }
  if (mode === "memory") {
    const memory = await measureMemory(chosen);
    console.log(`\n${memoryTable(memory)}`);
    write(file, { machine, memory });
    return problemsIn(memory);
  }
  const { results, rows } = await measureTimes(options);
  for (const result of results) console.log(`\n${table(result)}`);
  write(file, { machine, results, rows });
  writeFileSync(beside(file, "md"), `${markdownOf(machine, results)}\n`);
  console.log(`The tables in ${beside(file, "md")}`);
  draw(file);
  return problemsOf(results);
}

function write(file: string, everything: object): void {
  writeFileSync(file, `${JSON.stringify(everything, null, 1)}\n`);
  console.log(`\nWritten to ${file}`);
}

function draw(file: string): void {
  const failure = drawChart(file, beside(file, "svg"));
  console.log(failure === null ? `Drawn in ${beside(file, "svg")}` : `Not drawn: ${failure}`);
}

function beside(file: string, ending: "md" | "svg"): string {
  return `${file.replace(/\.json$/, "")}.${ending}`;
}
