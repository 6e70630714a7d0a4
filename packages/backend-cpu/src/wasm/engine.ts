import type { KernelExports } from "./kernel-exports.js";
import { LinearMemory } from "./linear-memory.js";
import { compileKernels, hasRelaxedSimd, hasSimd, type Simd } from "./module.js";

/** Kernels that are called with `thread, threads` at the end of their arguments. */
export type ParallelKernel = Exclude<
  keyof KernelExports,
  "threadLocalBytes" | "useThreadLocal" | "useBarrier" | "panelBytes" | "isSmallMatmul" | "sumOf"
>;

/** The arguments of a kernel without `thread, threads`. */
export type KernelArguments<K extends ParallelKernel> =
  Parameters<KernelExports[K]> extends [...infer A, number, number] ? A : never;

/** The WebAssembly kernels over their memory. */
export interface Engine {
  readonly simd: Simd;
  readonly memory: LinearMemory;
  readonly exports: KernelExports;
  readonly threads: number;
  /** Runs a kernel on all threads, and returns when it is done. */
  run<K extends ParallelKernel>(kernel: K, ...args: KernelArguments<K>): void;
}

export function loadEngine(simd: Simd): Engine {
  const memory = new LinearMemory(false);
  const exports = instantiate(compileKernels(simd, false), memory.memory);
  exports.useThreadLocal(memory.allocate(exports.threadLocalBytes()));
  return {
    simd,
    memory,
    exports,
    threads: 1,
    run: (kernel, ...args) => (exports[kernel] as (...all: number[]) => void)(...(args as number[]), 0, 1),
  };
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  const abort = (): never => {
    throw new Error("a WebAssembly kernel aborted");
  };
  const pause = (): never => {
    throw new Error("a WebAssembly kernel waits for a thread that does not exist");
  };
  return new WebAssembly.Instance(module, { env: { memory, abort, pause } }).exports as unknown as KernelExports;
}

interface Loaded {
  readonly engine: Engine | null;
  /** Why there is no engine. */
  readonly reason: string | null;
}

let loaded: Loaded | null = null;

/** The engine that all single-threaded cpu backends share: made on first use, `null` where WebAssembly or its SIMD is missing. */
export function sharedEngine(): Engine | null {
  loaded ??= load();
  return loaded.engine;
}

/** Why `sharedEngine` is null, or null where it is not. */
export function whyNoEngine(): string | null {
  loaded ??= load();
  return loaded.reason;
}

function load(): Loaded {
  if (typeof WebAssembly === "undefined") return { engine: null, reason: "there is no WebAssembly here" };
  if (!hasSimd()) return { engine: null, reason: "WebAssembly has no SIMD here" };
  try {
    return { engine: loadEngine(hasRelaxedSimd() ? "relaxed" : "simd128"), reason: null };
  } catch (cause) {
    // A content security policy or a host that forbids compiling: the plain kernels do all the work, and `reason` tells why.
    return { engine: null, reason: String(cause) };
  }
}
