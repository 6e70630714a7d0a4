import { type Engine, instantiate } from "../engine.js";
import { LinearMemory } from "../linear-memory.js";
import { compileKernels, type Simd } from "../module.js";
import { Crew } from "./crew.js";
import { CREW_BYTES } from "./layout.js";
import { work } from "./work.js";

/** An engine whose large jobs are done by several threads, and those threads. */
export interface ThreadedEngine {
  readonly engine: Engine;
  readonly crew: Crew;
}

type AnyKernel = (...args: number[]) => void;

/** Pages of address space to ask for, best first: a host may refuse to set so much aside. */
const pageLimits = [65536, 32768, 16384];

/** @throws what the host throws where it forbids WebAssembly, or so much shared memory */
export function loadThreadedEngine(simd: Simd, threads: number): ThreadedEngine {
  const module = compileKernels(simd, true);
  const memory = sharedMemory();
  const pause = (at: number, value: number): void => crew.pause(at, value);
  const exports = instantiate(module, memory.memory, pause);
  const local = (): number => memory.allocate(exports.threadLocalBytes());
  const at = memory.allocate(CREW_BYTES);
  exports.useThreadLocal(local());
  exports.useBarrier(at);
  const localAt = Array.from({ length: threads - 1 }, local);
  const crew = new Crew({ module, memory: memory.memory, at, localAt });
  const kernels = exports as unknown as Readonly<Record<string, AnyKernel>>;
  const places = new Map(Object.keys(exports).map((name, place) => [name, place]));
  const workOf = work as Readonly<
    Record<string, ((i32: Int32Array, ...args: readonly number[]) => number) | undefined>
  >;
  return {
    crew,
    engine: {
      simd,
      memory,
      exports,
      threads,
      run(name, ...given) {
        const args = given as readonly number[];
        crew.share({
          name,
          kernel: places.get(name) as number,
          args,
          work: workOf[name]?.(memory.i32, ...args) ?? 0,
          part: (thread, all) => kernels[name](...args, thread, all),
        });
      },
    },
  };
}

function sharedMemory(): LinearMemory {
  for (const pages of pageLimits.slice(0, -1)) {
    try {
      return new LinearMemory(true, pages);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
    }
  }
  return new LinearMemory(true, pageLimits[pageLimits.length - 1]);
}
