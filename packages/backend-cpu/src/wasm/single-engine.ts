import { BackendError } from "@unrolled/backend";
import { type Engine, loadEngine } from "./engine.js";
import { hasRelaxedSimd, hasSimd, type Simd } from "./module.js";

/** Which instructions to use: `auto` takes the fastest that are there, `off` does without WebAssembly. */
export type SimdChoice = "auto" | Simd | "off";

export interface Loaded {
  readonly engine: Engine | null;
  /** Why there is no engine. */
  readonly reason: string | null;
}

/** Instructions that are there, or why there are none. */
type Instructions = { readonly simd: Simd; readonly reason: null } | { readonly simd: null; readonly reason: string };

/** @throws BackendError where the instructions that were asked for are missing */
export function instructionsFor(choice: SimdChoice): Instructions {
  if (choice === "off") return { simd: null, reason: "simd is off" };
  const missing = whyNoSimd();
  if (choice === "auto") {
    if (missing !== null) return { simd: null, reason: missing };
    return { simd: hasRelaxedSimd() ? "relaxed" : "simd128", reason: null };
  }
  if (missing !== null) throw new BackendError("cpu", missing, 'leave simd out, or give "off"');
  if (choice === "relaxed" && !hasRelaxedSimd()) {
    throw new BackendError(
      "cpu",
      "WebAssembly has no relaxed SIMD here",
      "leave simd out, or start Node 20 with --experimental-wasm-relaxed-simd",
    );
  }
  return { simd: choice, reason: null };
}

function whyNoSimd(): string | null {
  if (typeof WebAssembly === "undefined") return "there is no WebAssembly here";
  return hasSimd() ? null : "WebAssembly has no SIMD here";
}

const loaded = new Map<Simd, Loaded>();

/** The engine that all single-threaded backends of a choice share: made on first use. */
export function singleEngine(choice: SimdChoice): Loaded {
  const { simd, reason } = instructionsFor(choice);
  if (simd === null) return { engine: null, reason };
  let one = loaded.get(simd);
  if (one === undefined) {
    one = load(simd);
    loaded.set(simd, one);
  }
  return one;
}

function load(simd: Simd): Loaded {
  try {
    return { engine: loadEngine(simd), reason: null };
  } catch (cause) {
    // A content security policy or a host that forbids compiling: the plain kernels do all the work, and `reason` tells why.
    return { engine: null, reason: String(cause) };
  }
}
