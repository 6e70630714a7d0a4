import { BackendError } from "@unrolled/backend";
import type { Ort, Provider } from "../engine.js";
import { loadPeer } from "../load-peer.js";

export const defaultProvider: Provider = "cpu";

export async function loadOrt(op: string, provider: Provider): Promise<Ort> {
  if (provider === "webgpu") {
    throw new BackendError(op, 'the provider "webgpu" exists in browsers only', 'use "cpu" here');
  }
  return provider === "cpu"
    ? loadPeer(op, "onnxruntime-node", () => import("onnxruntime-node"))
    : loadPeer(op, "onnxruntime-web", () => import("onnxruntime-web"));
}
