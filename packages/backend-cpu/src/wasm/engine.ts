import type { KernelExports, PairExports } from "./kernel-exports.js";
import { LinearMemory } from "./linear-memory.js";
import { compileKernels, type Simd } from "./module.js";

/** Kernels that are called with `thread, threads` at the end of their arguments. */
export type ParallelKernel = Exclude<
  keyof KernelExports,
  `${string}Bytes` | "useThreadLocal" | "useBarrier" | "isSmallMatmul" | "sumOf" | keyof PairExports
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

function nobodyToWaitFor(): never {
  throw new Error("a WebAssembly kernel waits for a thread that does not exist");
}

/** `pause`: what a kernel does where it must wait long for other threads. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  pause: (at: number, value: number) => void = nobodyToWaitFor,
): KernelExports {
  const abort = (): never => {
    throw new Error("a WebAssembly kernel aborted");
  };
  return new WebAssembly.Instance(module, { env: { memory, abort, pause } }).exports as unknown as KernelExports;
}
