import { heldBytes } from "./resident.js";
import type { Run } from "./run.js";
import { fitLine } from "./statistics.js";
import type { TrainingWork } from "./works/work.js";

/** What heap and array buffers held, over a long training. */
export interface Slope {
  readonly work: string;
  readonly peer: string;
  readonly steps: number;
  /** Bytes after a collection, at the first look and at the last. */
  readonly first: number;
  readonly last: number;
  /** Bytes a step, with its standard error. */
  readonly slope: number;
  readonly error: number;
  /** Resident memory at the first look and at the last. */
  readonly residentFirst: number;
  readonly residentLast: number;
}

const looks = 50;
const settling = 0.1; // of the looks: compiled code and caches come in the beginning

/** Trains for `steps` steps and looks at the memory in between. */
export async function slopeOf(run: Run, work: TrainingWork, steps: number): Promise<Omit<Slope, "peer">> {
  const stepsOfCall = work.epochs * work.batches.length;
  const every = Math.max(1, Math.floor(steps / stepsOfCall / looks));
  const at: number[] = [];
  const held: number[] = [];
  const resident: number[] = [];
  for (let call = 0; call * stepsOfCall < steps; call++) {
    await run.call(call);
    if (call % every !== 0) continue;
    at.push((call + 1) * stepsOfCall);
    held.push(heldBytes());
    resident.push(process.memoryUsage.rss());
  }
  const skipped = Math.ceil(settling * at.length);
  for (const list of [at, held, resident]) list.splice(0, skipped);
  const { slope, error } = fitLine(at, held);
  const ends = (list: readonly number[]): [number, number] => [list[0], list[list.length - 1]];
  const [[first, last], [residentFirst, residentLast]] = [ends(held), ends(resident)];
  return { work: work.name, steps, first, last, slope, error, residentFirst, residentLast };
}
