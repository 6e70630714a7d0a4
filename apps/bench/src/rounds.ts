import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { busyCores } from "./machine.js";
import type { Budget } from "./measure.js";
import type { Peer } from "./peers/peer.js";
import { runJob, runProcess } from "./process.js";
import { isTimed, type Row } from "./row.js";
import { writeWork } from "./work-file.js";
import type { Work } from "./works/work.js";

const pythonFile = fileURLToPath(new URL("../python/torch_peer.py", import.meta.url));
const slowCall = 3; // seconds: peers that take longer are run in one round only
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
  readonly onRow: (work: Work, row: Row) => void;
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
          const row = await rowOf(work, peer, options.budget, folder);
          rows.push(isTimed(row) ? { ...row, othersBusy } : row);
          options.onRow(work, row);
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

async function rowOf(work: Work, peer: Peer, budget: Budget, folder: string): Promise<Row> {
  const names = { work: work.name, peer: peer.name };
  if (!peer.python) return merged(names, await runJob({ ...names, budget }, limit));
  const python = process.env.UNROLLED_PYTHON;
  if (!python) return { ...names, unavailable: "UNROLLED_PYTHON names no interpreter" };
  const args = [pythonFile, join(folder, `${work.name}.json`), peer.python, String(peer.threads)];
  const outcome = await runProcess(python, args, limit);
  if ("notStarted" in outcome) return { ...names, unavailable: `UNROLLED_PYTHON: ${outcome.notStarted}` };
  return merged(names, outcome);
}

function merged(names: { work: string; peer: string }, outcome: Awaited<ReturnType<typeof runJob>>): Row {
  return "failed" in outcome ? { ...names, ...outcome } : { ...(outcome.result as Row), ...names };
}
