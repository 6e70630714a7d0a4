/**
 * Where threads meet in shared memory: int32 words from the crew's address. Words that different threads write lie on different
 * cache lines of 16 words. `arrived` and `meetings` are the barrier of assembly/threads.ts.
 */
export const words: Readonly<
  Record<"arrived" | "meetings" | "job" | "failed" | "finished" | "kernel" | "argumentCount" | "threads", number>
> = {
  arrived: 0,
  meetings: 16,
  /** Counts the jobs that were offered; a worker sleeps on it. */
  job: 32,
  /** Not 0 once a thread has thrown. */
  failed: 48,
  /** Workers that are done with the job. */
  finished: 64,
  kernel: 80,
  argumentCount: 81,
  threads: 82,
};

/** Arguments of the job, as float64. */
export const ARGUMENTS_AT = 96;
export const MOST_ARGUMENTS = 48;

/** Length of what a failed worker says, and its UTF-16 units, one a word. */
export const MESSAGE_AT: number = ARGUMENTS_AT + 2 * MOST_ARGUMENTS;
export const LONGEST_MESSAGE = 255;

const STATES_AT = MESSAGE_AT + 256;
export const MOST_THREADS = 16;
export const CREW_BYTES: number = (STATES_AT + 16 * MOST_THREADS) * 4;

/** The word with a worker's state; workers count from 0. */
export function stateWord(worker: number): number {
  return STATES_AT + 16 * worker;
}

/**
 * A worker's states. It goes from `spinning` to `asleep` by itself; a job takes it to `offered`, it answers with `taken`, and
 * is told `working + thread`. An offer that it does not answer in time is withdrawn.
 */
export const states: Readonly<Record<"starting" | "spinning" | "asleep" | "offered" | "taken" | "working", number>> = {
  starting: 0,
  spinning: 1,
  asleep: 2,
  offered: 3,
  taken: 4,
  working: 5,
};

/** Turns of a worker's busy wait, some 250 us, before it sleeps. */
export const SPINS = 20_000;
