import type * as ort from "onnxruntime-node";
import type { InferenceSession, Tensor } from "onnxruntime-node";

/**
 * Where ONNX Runtime computes: `cpu`, natively in Node; `wasm`, in WebAssembly, in a browser or in Node; `webgpu`, on the
 * GPU, in browsers that offer it. What WebGPU has no kernels for runs in WebAssembly there.
 */
export type Provider = "cpu" | "wasm" | "webgpu";

export const providers: readonly Provider[] = ["cpu", "wasm", "webgpu"];

/** What is used of onnxruntime-node or onnxruntime-web; both offer the same. */
export type Ort = Pick<typeof ort, "InferenceSession" | "Tensor" | "env">;

export type Tensors = Readonly<Record<string, Tensor>>;

/** One loaded model in one engine. */
export interface EngineSession {
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
  /** With `fetches`, only those outputs are computed. */
  run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors>;
  release(): Promise<void>;
}

/** How much ONNX Runtime rewrites a model when it is loaded. */
export type GraphOptimization = "disabled" | "basic" | "extended" | "all";

export interface SessionTuning {
  readonly graphOptimization?: GraphOptimization;
  /** Sizes for named dimensions of the file. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Outputs that stay where they were computed, as they are inputs of the next run. */
  readonly kept?: readonly string[];
}

/** ONNX Runtime with one provider. */
export interface Engine {
  readonly ort: Ort;
  readonly provider: Provider;
  /** `what` names the model in the BackendError of a refusal. */
  createSession(what: string, bytes: Uint8Array, tuning: SessionTuning): Promise<EngineSession>;
}
