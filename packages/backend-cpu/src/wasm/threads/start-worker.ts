import { type WorkerTask, workerSource } from "./worker-source.js";

/** What becomes of a worker. */
export interface WorkerEvents {
  /** It is up. */
  up(): void;
  /** It did not start, threw outside of a job, or ended. */
  lost(reason: string): void;
}

/** A thread of Node or of a browser. */
export interface WorkerHandle {
  /** Whether the process waits for it; in browsers without effect. */
  keepProcess(keep: boolean): void;
  /** Ends it. Resolves when it runs no more. */
  terminate(): Promise<void>;
}

/** The parts of node:worker_threads that are used, without an import that a bundler for browsers would follow. */
interface NodeWorker {
  on(event: "message" | "error" | "exit", listener: (value: unknown) => void): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}
interface NodeThreads {
  readonly Worker: new (source: string, options: object) => NodeWorker;
}
interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

/** A browser gives no event when a worker has ended; the engine stops it well within this time. */
const TERMINATION_MS = 100;

/** Why workers cannot share memory here, or null where they can. */
export function whyNoThreads(): string | null {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    return "memory is shared between threads only on a page that is cross-origin isolated: send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
  }
  if (nodeThreads() === null && typeof Worker === "undefined") return "there are no workers here";
  return null;
}

/** @throws what the host throws where it forbids workers */
export function startWorker(task: WorkerTask, name: string, events: WorkerEvents): WorkerHandle {
  const threads = nodeThreads();
  return threads ? startNodeWorker(threads, task, name, events) : startWebWorker(task, name, events);
}

function nodeThreads(): NodeThreads | null {
  const { process } = globalThis as { readonly process?: NodeProcess };
  return (process?.getBuiltinModule?.("node:worker_threads") as NodeThreads | undefined) ?? null;
}

function startNodeWorker(threads: NodeThreads, task: WorkerTask, name: string, events: WorkerEvents): WorkerHandle {
  // Without the program's own flags, such as --import, which would run its hooks in every worker.
  const worker = new threads.Worker(workerSource, { eval: true, workerData: task, name, execArgv: [] });
  worker.on("message", () => events.up());
  worker.on("error", (error) => events.lost(String(error)));
  worker.on("exit", () => events.lost("it ended"));
  worker.unref();
  return {
    keepProcess: (keep) => (keep ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

function startWebWorker(task: WorkerTask, name: string, events: WorkerEvents): WorkerHandle {
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  const worker = new Worker(url, { name });
  worker.onmessage = () => {
    URL.revokeObjectURL(url);
    events.up();
  };
  worker.onerror = (event) => {
    URL.revokeObjectURL(url);
    // A content security policy that forbids the program shows as an error without a message.
    events.lost(event.message || "the page's content security policy may lack worker-src blob:");
  };
  worker.postMessage(task);
  return {
    keepProcess: () => undefined,
    terminate: () => {
      worker.terminate();
      return new Promise((resolve) => setTimeout(resolve, TERMINATION_MS));
    },
  };
}
