import { startWorker, type WorkerHandle } from "./start-worker.js";
import type { WorkerTask } from "./worker-source.js";

/** The workers of a crew, from their start to their end. */
export class Team {
  readonly #workers: WorkerHandle[] = [];
  readonly #settled: Promise<void>;
  #settle: () => void = () => undefined;
  #starting: number;
  #ended = false;
  #reason: string | null = "the worker threads are starting";

  constructor(tasks: readonly WorkerTask[]) {
    this.#starting = tasks.length;
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const events = { up: () => this.#oneIsUp(), lost: (reason: string) => this.#oneIsLost(reason) };
    try {
      tasks.forEach((task, i) => {
        this.#workers.push(startWorker(task, `unrolled-cpu-${i + 1}`, events));
      });
    } catch (cause) {
      this.#oneIsLost(String(cause));
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Why the workers are not there, or null. */
  get reason(): string | null {
    return this.#reason;
  }

  /** Resolves when all workers are up, or will not come. The process stays until then. */
  async settled(): Promise<void> {
    for (const worker of this.#workers) worker.keepProcess(true);
    await this.#settled;
    for (const worker of this.#workers) worker.keepProcess(false);
  }

  /** Ends the workers for good. Resolves when none runs any more. */
  async end(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#reason = reason;
    this.#settle();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #oneIsUp(): void {
    this.#starting--;
    if (this.#starting > 0 || this.#ended) return;
    this.#reason = null;
    this.#settle();
  }

  #oneIsLost(reason: string): void {
    void this.end(`a worker thread is lost: ${reason}`);
  }
}
