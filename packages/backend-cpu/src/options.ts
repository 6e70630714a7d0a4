import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import type { SimdChoice } from "./wasm/single-engine.js";
import { MOST_THREADS } from "./wasm/threads/layout.js";

/** Options of `cpu`. */
export interface CpuOptions {
  /**
   * Threads that share large kernels, the caller's included: 1 to 16, default 1. Results are the same to the bit for any number.
   * The others are workers, which start in the background; until they are up, and where there can be none, one thread does all.
   */
  threads?: number;
  /**
   * Instructions of the WebAssembly kernels: `auto` (default) takes relaxed SIMD where it is there, else `simd128`, else none;
   * `relaxed` and `simd128` insist; `off` leaves plain TypeScript only.
   */
  simd?: SimdChoice;
}

const choices: readonly SimdChoice[] = ["auto", "simd128", "relaxed", "off"];

export function checkedOptions(options: CpuOptions): Required<CpuOptions> {
  requireKnownOptions("cpu", options, ["threads", "simd"]);
  const { threads = 1, simd = "auto" } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new ArgumentError("cpu", `threads is ${String(threads)}`, `give a whole number from 1 to ${MOST_THREADS}`);
  }
  if (!choices.includes(simd)) {
    throw new ArgumentError("cpu", `simd is ${String(simd)}`, `give one of ${choices.join(", ")}`);
  }
  if (simd === "off" && threads > 1) {
    throw new ArgumentError(
      "cpu",
      `threads is ${threads} and simd is off`,
      "leave one of them out: threads share WebAssembly kernels",
    );
  }
  return { threads, simd };
}
