import { BackendError } from "@unrolled/backend";
import type * as ort from "onnxruntime-node";

/** Where ONNX Runtime computes: `cpu`, natively in Node; `wasm`, in WebAssembly, in a browser or in Node. */
export type Provider = "cpu" | "wasm";

export const providers: readonly Provider[] = ["cpu", "wasm"];

/** What is used of onnxruntime-node or onnxruntime-web; both offer the same. */
export type Ort = Pick<typeof ort, "InferenceSession" | "Tensor" | "env">;

/** Runs a dynamic import of an optional peer; says how to install what is not there. */
export async function loadPeer(peer: string, load: () => Promise<Ort>): Promise<Ort> {
  try {
    return await load();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BackendError("onnxRuntime", `cannot load ${peer} (${reason})`, `install it: npm install ${peer}`, {
      cause,
    });
  }
}
