// Times every peer with every work, each in a process of its own, in rounds, so that a busy moment hits all alike.
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type { Result } from "./result.js";
import { works } from "./works.js";

const program = new Command("bench")
  .description(
    "Times training steps of Unrolled beside PyTorch's. PyTorch runs where UNROLLED_PYTHON names an interpreter that has it.",
  )
  .option(
    "--work <names>",
    `comma-separated: ${works.map(({ name }) => name).join(", ")}`,
    works.map(({ name }) => name).join(","),
  )
  .option("--threads <numbers>", "comma-separated numbers of threads", "1,2")
  .option(
    "--peer <names>",
    "comma-separated: compiled, pytorch, cpu, tfjs:cpu, tfjs:wasm, layers:cpu, layers:wasm",
    "compiled,pytorch",
  )
  .option("--rounds <n>", "how often everything is run; the best of all counts", "3")
  .option("--quick", "one round")
  .option("--json <file>", "append each row as a JSON line");
program.parse();
const options = program.opts<{
  work: string;
  peer: string;
  threads: string;
  rounds: string;
  quick?: true;
  json?: string;
}>();

const here = fileURLToPath(new URL(".", import.meta.url));
const python = process.env.UNROLLED_PYTHON;
const folder = mkdtempSync(join(tmpdir(), "unrolled-bench-"));
const peers = options.peer.split(",");
const eagerPeers = peers.filter((peer) => peer !== "compiled" && peer !== "pytorch");
const chosen = options.work.split(",").map((name) => {
  const work = works.find((known) => known.name === name);
  if (work === undefined) return program.error(`there is no work "${name}"`);
  return work;
});

function output(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? stderr}`);
  return stdout;
}

const job = (...args: readonly string[]): string => output(process.execPath, [join(here, "job.js"), ...args]);

const rows = new Map<string, Result>();
function add(text: string): void {
  const row = JSON.parse(text) as Result;
  if (options.json) appendFileSync(options.json, `${JSON.stringify(row)}\n`);
  const key = [row.work, row.peer, row.threads].join("|");
  const before = rows.get(key);
  if (!before || row.best < before.best) rows.set(key, row);
}

try {
  for (const work of chosen) {
    const file = join(folder, `${work.name}.safetensors`);
    job(work.name, "data", file);
    for (let round = 0; round < (options.quick ? 1 : Number(options.rounds)); round++) {
      for (const threads of options.threads.split(",")) {
        if (peers.includes("compiled")) add(job(work.name, "compiled", threads));
        if (python && peers.includes("pytorch"))
          add(output(python, [join(here, "..", "python", "torch_peer.py"), work.name, file, threads]));
      }
      for (const peer of eagerPeers) {
        if (work.cell === "GRU" && peer.startsWith("layers:")) continue; // tf.layers resets before the product only
        add(job(work.name, peer, "1"));
      }
    }
    print(
      work.title,
      [...rows.values()].filter((row) => row.work === work.name),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (!python && peers.includes("pytorch")) console.log("PyTorch was not run: UNROLLED_PYTHON names no interpreter.");

function print(title: string, found: readonly Result[]): void {
  console.log(`\n${title}`);
  for (const { peer, threads, unit, best, median, loss, session, bytes } of found) {
    const reference =
      found.find((row) => row.peer.startsWith("PyTorch") && row.threads === threads) ??
      found.find((row) => row.peer === peer.replace("unrolled, tfjs:", "tf.layers, "));
    const ratio =
      reference && reference.peer !== peer ? `  ${(best / reference.best).toFixed(2)} of ${reference.peer}'s` : "";
    const file = session === undefined ? "" : `  session ${session.toFixed(0)} ms, file ${bytes} bytes`;
    console.log(
      `  ${peer.padEnd(34)} ${threads} thread${threads === 1 ? " " : "s"} best ${best.toFixed(2)}, median ${median.toFixed(2)} ${unit}  loss ${loss.toPrecision(7)}${ratio}${file}`,
    );
  }
}
