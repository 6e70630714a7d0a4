import type { EngineSource } from "./fast/engine-source.js";
import { instructionsFor, type Loaded, type SimdChoice, singleEngine } from "./wasm/single-engine.js";
import { whyNoThreads } from "./wasm/threads/start-worker.js";
import { loadThreadedEngine, type ThreadedEngine } from "./wasm/threads/threaded-engine.js";

/** What a cpu backend computes with, as far as is known now. */
export interface CpuFeatures {
  /** The instructions of its kernels: `relaxed` (with fused multiply-add), `simd128`, or `off` where only plain TypeScript runs. */
  readonly simd: "relaxed" | "simd128" | "off";
  /** Threads that take part in large jobs, the caller's included. */
  readonly threads: number;
  /** Why it is not what was asked for, or null. */
  readonly reason: string | null;
}

/** Where a backend's kernels get their engine from. */
export interface EngineHost {
  readonly source: EngineSource;
  features(): CpuFeatures;
  /** Resolves when the worker threads are up, or will not come. */
  settled(): Promise<void>;
  end(): Promise<void>;
}

/**
 * One thread. `reason` says why there are no more, where more were asked for.
 *
 * @throws BackendError where the instructions that were asked for are missing
 */
export function singleHost(choice: SimdChoice, reason: string | null = null): EngineHost {
  instructionsFor(choice);
  let loaded: Loaded | null = null;
  const load = (): Loaded => {
    loaded ??= singleEngine(choice);
    return loaded;
  };
  return {
    source: () => load().engine,
    features: () => ({
      simd: load().engine?.simd ?? "off",
      threads: 1,
      reason: joined(choice === "off" ? null : load().reason, reason),
    }),
    settled: async () => undefined,
    end: async () => undefined,
  };
}

/** Both reasons where two hold: what forbids WebAssembly is mended first. */
function joined(noKernels: string | null, noThreads: string | null): string | null {
  const reasons = new Set([noKernels, noThreads].filter((reason) => reason !== null));
  return reasons.size === 0 ? null : [...reasons].join("; ");
}

/** Starts the threads; where there can be none, one does it all. */
export function threadedHost(choice: SimdChoice, threads: number): EngineHost {
  const { simd, reason } = instructionsFor(choice);
  const obstacle = reason ?? whyNoThreads();
  if (simd === null || obstacle !== null) return singleHost(choice, obstacle);
  let threaded: ThreadedEngine;
  try {
    threaded = loadThreadedEngine(simd, threads);
  } catch (cause) {
    return singleHost(choice, `the threads cannot start: ${String(cause)}`);
  }
  const { engine, crew } = threaded;
  return {
    source: () => engine,
    features: () => ({ simd, threads: crew.threads, reason: crew.reason }),
    settled: () => crew.settled(),
    end: () => crew.end("the backend was disposed"),
  };
}
