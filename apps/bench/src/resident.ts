import { readFileSync, writeFileSync } from "node:fs";
import type { Measured } from "./measure.js";
import { type Run, Unavailable } from "./run.js";

export interface MeasuredMemory extends Measured {
  /** What heap and array buffers hold more after a collection than before the first call, bytes. */
  readonly held: number;
}

const calls = 5;

function status(field: "VmRSS" | "VmHWM"): number {
  const line = readFileSync("/proc/self/status", "utf8").match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"));
  if (line === null) throw new Unavailable(`/proc/self/status has no ${field}`);
  return 1024 * Number(line[1]);
}

/** Heap, array buffers and other memory that the heap answers for, after a collection. */
export function heldBytes(): number {
  if (globalThis.gc === undefined) throw new Error("start node with --expose-gc");
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How far a few calls raise the peak of this process' resident memory: one sample, in bytes. */
export async function peakGrowth(run: Run): Promise<MeasuredMemory> {
  if (process.platform !== "linux") throw new Unavailable("the peak of resident memory is read on Linux only");
  const heldBefore = heldBytes();
  writeFileSync("/proc/self/clear_refs", "5"); // the peak starts again from here
  const before = status("VmRSS");
  const started = performance.now();
  const values: number[] = [];
  let firstCall = 0;
  for (let i = 0; i < calls; i++) {
    values.push(...[(await run.call(i)) ?? []].flat());
    if (i === 0) firstCall = (performance.now() - started) / 1000;
  }
  const growth = status("VmHWM") - before;
  return { samples: [growth], firstCall, values: values.slice(0, 3), cpuPerWall: 0, held: heldBytes() - heldBefore };
}
