import { BackendError } from "@unrolled/backend";
import { ARGUMENTS_AT, CREW_BYTES, MESSAGE_AT, MOST_ARGUMENTS, SPINS, states, stateWord, words } from "./layout.js";
import { Team } from "./team.js";

/** Multiply-adds, some 20 us, from which a job is worth sharing with workers that wait for it: handing it over takes 2 us. */
const WORTH_SHARING = 5e5;
/** Multiply-adds, some 0.7 ms, from which a job is worth waiting for workers that sleep. */
const WORTH_WAKING = 2e7;
/** Milliseconds to wait for the workers' answers for each multiply-add: a third of what the caller alone would take. */
const PATIENCE = 1e-8;
const MOST_PATIENCE = 5;
/** After workers did not answer in time, one job more each time, up to this many, is not offered to them. */
const LONGEST_REST = 16;
/** Milliseconds of waiting, without a sign from the other threads of a job, after which they count as lost. */
const LOST_AFTER = 30_000;
const SLEEP_MS = 100;

/** Where a crew meets. */
export interface CrewPlace {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of CREW_BYTES of zeros. */
  readonly at: number;
  /** Address of each worker's own working space. */
  readonly localAt: readonly number[];
}

/** A kernel, by its place among the module's exports, and what it is called with. */
export interface Job {
  readonly name: string;
  readonly kernel: number;
  readonly args: readonly number[];
  /** Multiply-adds, or what takes as long. */
  readonly work: number;
  /** Does the caller's part. */
  part(thread: number, threads: number): void;
}

/**
 * Workers that do a job together with the thread that calls `share`, which is thread 0 of it. Workers that do not answer an offer in
 * time are left out of the job. Once one has failed, the caller works alone.
 */
export class Crew {
  readonly #team: Team;
  readonly #words: Int32Array;
  readonly #arguments: Float64Array;
  readonly #at: number;
  readonly #size: number;
  readonly #maySleep: boolean;
  #rest = 0;
  #misses = 0;
  #waitsFor = -1;
  #waited = 0;
  #lookedAt = 0;
  /** Workers were told to end amid a job, and may still write. */
  #ending = false;

  constructor({ module, memory, at, localAt }: CrewPlace) {
    this.#at = at;
    this.#size = localAt.length;
    this.#words = new Int32Array(memory.buffer, at, CREW_BYTES / 4);
    this.#arguments = new Float64Array(memory.buffer, at + ARGUMENTS_AT * 4, MOST_ARGUMENTS);
    this.#maySleep = maySleep(this.#words);
    this.#team = new Team(
      localAt.map((local, i) => ({ module, memory, crewAt: at, localAt: local, stateWord: stateWord(i) })),
    );
  }

  /** Threads that are there for large jobs. */
  get threads(): number {
    return this.#team.ended ? 1 : 1 + this.#count((state) => state !== states.starting);
  }

  /** Why there are fewer threads than were asked for, or null. */
  get reason(): string | null {
    return !this.#team.ended && this.threads > this.#size ? null : this.#team.reason;
  }

  settled(): Promise<void> {
    return this.#team.settled();
  }

  end(reason: string): Promise<void> {
    return this.#team.end(reason);
  }

  /** @throws BackendError if a thread fails */
  share(job: Job): void {
    if (this.#ending)
      throw new BackendError(job.name, "lost threads have not ended yet", "await something, then go on");
    const threads = job.work < WORTH_SHARING || this.#team.ended ? 1 : this.#gather(job);
    if (threads === 1) job.part(0, 1);
    else this.#doTogether(job, threads);
  }

  /** What the module imports as `pause`, for the caller's thread. */
  pause(at: number, value: number): void {
    if (Atomics.load(this.#words, words.failed) !== 0) throw new Error("another thread failed");
    this.#sleep((at - this.#at) >> 2, value);
  }

  /** Offers the job; how many threads do it. */
  #gather(job: Job): number {
    if (this.#rest > 0) {
      this.#rest--;
      return 1;
    }
    const offered = this.#offer(job);
    if (offered === 0) return 1;
    const until = performance.now() + Math.min(job.work * PATIENCE, MOST_PATIENCE);
    while (this.#count((state) => state === states.taken) < offered && performance.now() < until);
    const taken = this.#begin();
    this.#misses = taken === offered ? 0 : Math.min(this.#misses + 1, LONGEST_REST);
    this.#rest = this.#misses;
    return 1 + taken;
  }

  /** How many workers got the offer. Those that sleep wake up; a job that is too small to wait for them is not offered to them. */
  #offer({ kernel, args, work }: Job): number {
    let offered = 0;
    for (let i = 0; i < this.#size; i++) {
      const from = Atomics.load(this.#words, stateWord(i));
      const free = from === states.spinning || (from === states.asleep && work >= WORTH_WAKING);
      if (free && Atomics.compareExchange(this.#words, stateWord(i), from, states.offered) === from) offered++;
    }
    this.#words[words.kernel] = kernel;
    this.#words[words.argumentCount] = args.length;
    for (let i = 0; i < args.length; i++) this.#arguments[i] = args[i];
    Atomics.add(this.#words, words.job, 1);
    Atomics.notify(this.#words, words.job);
    return offered;
  }

  /** Withdraws offers that were not taken, and lets those who took theirs begin: how many. */
  #begin(): number {
    const takers: number[] = [];
    for (let i = 0; i < this.#size; i++) {
      const word = stateWord(i);
      if (Atomics.compareExchange(this.#words, word, states.offered, states.spinning) === states.taken)
        takers.push(word);
    }
    this.#words[words.threads] = 1 + takers.length;
    Atomics.store(this.#words, words.finished, 0);
    takers.forEach((word, i) => {
      Atomics.store(this.#words, word, states.working + i + 1);
    });
    return takers.length;
  }

  #doTogether(job: Job, threads: number): void {
    this.#waitsFor = -1;
    let cause: unknown;
    try {
      job.part(0, threads);
      this.#awaitWorkers(threads - 1);
    } catch (error) {
      cause = error;
      Atomics.compareExchange(this.#words, words.failed, 0, 1);
    }
    if (Atomics.load(this.#words, words.failed) !== 0) this.#giveUp(job, threads, cause);
  }

  #awaitWorkers(workers: number): void {
    for (let i = 0; i < SPINS; i++) if (Atomics.load(this.#words, words.finished) === workers) return;
    for (;;) {
      const finished = Atomics.load(this.#words, words.finished);
      if (finished === workers) return;
      this.#sleep(words.finished, finished);
    }
  }

  #giveUp(job: Job, threads: number, cause: unknown): never {
    if (!(cause instanceof Lost)) {
      try {
        this.#awaitWorkers(threads - 1);
      } catch (error) {
        cause = error;
      }
    }
    const why = this.#whatTheWorkerSaid() ?? String(cause);
    const ended = this.#team.end(`a worker thread failed in ${job.name}: ${why}`);
    if (cause instanceof Lost) {
      this.#ending = true;
      void ended.then(() => {
        this.#ending = false;
      });
    }
    throw new BackendError(
      job.name,
      `a worker thread failed: ${why}`,
      "run it again: the backend goes on with one thread",
      cause === undefined ? {} : { cause },
    );
  }

  #whatTheWorkerSaid(): string | null {
    const length = Atomics.load(this.#words, MESSAGE_AT);
    return length === 0 ? null : String.fromCharCode(...this.#words.subarray(MESSAGE_AT + 1, MESSAGE_AT + 1 + length));
  }

  /** Sleeps, where the thread may, while a word has a value. */
  #sleep(word: number, value: number): void {
    const now = performance.now();
    const wait = word * 2 ** 32 + value;
    if (this.#waitsFor !== wait) {
      this.#waitsFor = wait;
      this.#waited = 0;
    } else {
      // A machine that was suspended shows as one long pause.
      this.#waited += Math.min(now - this.#lookedAt, 2 * SLEEP_MS);
      if (this.#waited > LOST_AFTER) throw new Lost();
    }
    this.#lookedAt = now;
    if (this.#maySleep) Atomics.wait(this.#words, word, value, SLEEP_MS);
  }

  #count(is: (state: number) => boolean): number {
    let count = 0;
    for (let i = 0; i < this.#size; i++) if (is(Atomics.load(this.#words, stateWord(i)))) count++;
    return count;
  }
}

class Lost extends Error {
  constructor() {
    super(`no sign of it for ${LOST_AFTER / 1000} s`);
  }
}

/** The main thread of a page may not. */
function maySleep(area: Int32Array): boolean {
  try {
    return Atomics.wait(area, words.arrived, area[words.arrived] + 1) === "not-equal";
  } catch {
    return false;
  }
}
