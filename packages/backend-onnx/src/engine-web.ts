import { BackendError } from "@unrolled/backend";
import { loadPeer, type Ort, type Provider } from "./engine.js";

export const defaultProvider: Provider = "wasm";

export async function loadOrt(provider: Provider): Promise<Ort> {
  if (provider === "cpu") {
    throw new BackendError("onnxRuntime", 'the provider "cpu" exists in Node only', 'use "wasm" here');
  }
  return loadPeer("onnxruntime-web", () => import("onnxruntime-web"));
}
