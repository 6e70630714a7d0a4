/** The reason with which work is aborted after Ctrl-C or a request to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** As shells count: 128 and the signal's number. */
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`interrupted by ${signal}`);
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}

/**
 * Runs work with a signal that Ctrl-C aborts. Work that does not heed it is ended by the second Ctrl-C.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    const reason = new Interrupted(signal === "SIGTERM" ? "SIGTERM" : "SIGINT");
    if (controller.signal.aborted) process.exit(reason.exitCode);
    controller.abort(reason);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}
