import { BackendError } from "@unrolled/backend";
import type { Ort, Provider } from "../engine.js";
import { loadPeer } from "../load-peer.js";

export const defaultProvider: Provider = "wasm";

/**
 * Each build of onnxruntime-web carries its WebAssembly file by `new URL(…, import.meta.url)`, which bundlers follow. The
 * imports are dynamic, so that a build is a chunk of its own, fetched when asked for, from which its threads start.
 */
export async function loadOrt(op: string, provider: Provider): Promise<Ort> {
  if (provider === "cpu") {
    throw new BackendError(op, 'the provider "cpu" exists in Node only', 'use "wasm" here');
  }
  if (provider === "wasm") return loadPeer(op, "onnxruntime-web", () => import("onnxruntime-web/wasm"));
  await requireWebGpu(op);
  return loadPeer(op, "onnxruntime-web", () => import("onnxruntime-web/webgpu"));
}

async function requireWebGpu(op: string): Promise<void> {
  const remedy = 'use "wasm", or ["webgpu", "wasm"] for whichever there is';
  // Typed as always there, but absent in pages without https and in browsers without WebGPU.
  const gpu = (navigator as Partial<Navigator>).gpu;
  if (!gpu) {
    const insecure = !globalThis.isSecureContext;
    const problem = insecure
      ? "pages that come neither by https nor from localhost have no WebGPU"
      : "this browser has no WebGPU";
    throw new BackendError(op, problem, remedy);
  }
  if ((await gpu.requestAdapter()) === null) {
    throw new BackendError(op, "this browser finds no GPU that it may use (no WebGPU adapter)", remedy);
  }
}
