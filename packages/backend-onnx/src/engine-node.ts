import { loadPeer, type Ort, type Provider } from "./engine.js";

export const defaultProvider: Provider = "cpu";

export function loadOrt(provider: Provider): Promise<Ort> {
  return provider === "cpu"
    ? loadPeer("onnxruntime-node", () => import("onnxruntime-node"))
    : loadPeer("onnxruntime-web", () => import("onnxruntime-web"));
}
