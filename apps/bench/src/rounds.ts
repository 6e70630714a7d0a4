import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { busyCores } from "./machine.js";
import type { Budget } from "./measure.js";
import type { Peer } from "./peers/peer.js";
import { isTimed, type Row, type TimedRow } from "./row.js";
import { writeWork } from "./work-file.js";
import type { Work } from "./works/work.js";

const jobFile = fileURLToPath(new URL("job.js", import.meta.url));
const pythonFile = fileURLToPath(new URL("../python/torch_peer.py", import.meta.url));
const slowCall = 1; // seconds: peers that take longer are run in one round only
const limit = 300; // seconds of a process

export interface Plan {
  readonly work: Work;
  readonly peers: readonly Peer[];
}

export interface RoundOptions {
  readonly rounds: number;
  readonly budget: Budget;
  /** Seconds to wait at most, before each process, until others leave it its cores. */
  readonly patience: number;
  readonly onRow: (row: Row) => void;
}

/** Every round runs every job once, each in a process of its own, so that a busy moment hits all alike. */
export async function runRounds(plans: readonly Plan[], options: RoundOptions): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-bench-"));
  const rows: Row[] = [];
  const finished = new Set<string>();
  try {
    for (const { work, peers } of plans)
      if (peers.some(({ python }) => python)) writeWork(join(folder, `${work.name}.json`), work, options.budget);
    for (let round = 0; round < options.rounds; round++) {
      for (const { work, peers } of plans) {
        for (const peer of peers) {
          const key = `${work.name} ${peer.name}`;
          if (finished.has(key)) continue;
          const othersBusy = await waitForCores(peer.threads, options.patience);
          const row = await runJob(work, peer, options.budget, folder);
          rows.push(isTimed(row) ? { ...row, othersBusy } : row);
          options.onRow(row);
          if (!isTimed(row) || Math.min(...row.samples) > slowCall) finished.add(key);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return rows;
}

async function waitForCores(threads: number, patience: number): Promise<number> {
  const started = performance.now();
  for (;;) {
    const busy = await busyCores(150);
    if (busy < cpus().length - threads + 0.25 || (performance.now() - started) / 1000 > patience) return busy;
  }
}

async function runJob(work: Work, peer: Peer, budget: Budget, folder: string): Promise<Row> {
  const names = { work: work.name, peer: peer.name };
  const python = process.env.UNROLLED_PYTHON;
  if (peer.python && !python) return { ...names, unavailable: "UNROLLED_PYTHON names no interpreter" };
  const command = peer.python ? (python as string) : process.execPath;
  const args = peer.python
    ? [pythonFile, join(folder, `${work.name}.json`), peer.python, String(peer.threads)]
    : ["--expose-gc", jobFile, JSON.stringify({ ...names, budget })];
  const { code, stdout, stderr } = await output(command, args);
  const line = stdout.split("\n").findLast((text) => text.startsWith("RESULT "));
  if (code !== 0 || line === undefined) return { ...names, unavailable: `failed: ${reasonIn(stderr, code)}` };
  return { ...names, ...(JSON.parse(line.slice("RESULT ".length)) as Omit<TimedRow, "work" | "peer">) };
}

/** The line that names the error, of a stack trace in either language. */
function reasonIn(stderr: string, code: number | null): string {
  const lines = stderr.trim().split("\n");
  const reason = lines.findLast((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.at(-1);
  return code === null ? `ended after ${limit} s` : (reason ?? `exit code ${code}`);
}

function output(
  command: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: limit * 1000 });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => resolve({ code: 1, stdout, stderr: error.message }));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
