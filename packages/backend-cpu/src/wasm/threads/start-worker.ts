import { type NodeThreads, nodeThreads } from "./node-threads.js";
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

/** A browser gives no event when a worker has ended; the engine stops it well within this time. */
const TERMINATION_MS = 100;

/** @throws what the host throws where it forbids workers */
export function startWorker(task: WorkerTask, name: string, events: WorkerEvents): WorkerHandle {
  const threads = nodeThreads();
  return threads ? startNodeWorker(threads, task, name, events) : startWebWorker(task, name, events);
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
