import { nodeThreads } from "./node-threads.js";

/** Why workers cannot share memory here, or null where they can. */
export function whyNoThreads(): string | null {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    return "memory is shared between threads only on a page that is cross-origin isolated: send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
  }
  if (nodeThreads() === null && typeof Worker === "undefined") return "there are no workers here";
  return null;
}
