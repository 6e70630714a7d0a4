/** The parts of node:worker_threads that are used, without an import that a bundler for browsers would follow. */
export interface NodeWorker {
  on(event: "message" | "error" | "exit", listener: (value: unknown) => void): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}
export interface NodeThreads {
  readonly Worker: new (source: string, options: object) => NodeWorker;
}
interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

/** Node's threads, or null in a browser. */
export function nodeThreads(): NodeThreads | null {
  const { process } = globalThis as { readonly process?: NodeProcess };
  return (process?.getBuiltinModule?.("node:worker_threads") as NodeThreads | undefined) ?? null;
}
