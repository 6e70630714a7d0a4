import { ArgumentError, BackendError, type Graph, type Program, type Runner } from "@unrolled/backend";
import { graphToOnnx } from "@unrolled/onnx";
import { defaultProvider, loadOrt } from "#engine";
import { type Ort, type Provider, providers } from "./engine.js";
import { checkState, OnnxProgram } from "./program.js";

export interface OnnxRuntimeOptions {
  /**
   * Threads that share one op's work. Default: what ONNX Runtime chooses, about the number of cores. Models with tens of
   * hidden units run fastest with 1. The first `wasm` runner of a page or process fixes the number for all of them.
   */
  readonly threads?: number;
  /** Default: `cpu` in Node (package onnxruntime-node), `wasm` elsewhere (package onnxruntime-web). */
  readonly provider?: Provider;
}

/**
 * A runner that lowers each graph to ONNX and runs it in ONNX Runtime. Install onnxruntime-node (Node) or onnxruntime-web.
 *
 * The prepared program keeps the graph's state inside. Runs of one program queue up in the order of their calls; do not
 * change an input's data before its run has resolved.
 *
 * @throws BackendError if the package is missing or refuses the model; ArgumentError for an option that does not exist.
 * @see https://onnxruntime.ai/docs/api/js/
 *
 * @example
 * ```ts
 * const runner = await onnxRuntime({ threads: 1 });
 * const program = await runner.prepare(graph);
 * const { y } = await program.run({ x: { data: Float32Array.of(1, 2), shape: [2], dtype: "float32" } });
 * await program.dispose();
 * ```
 */
export async function onnxRuntime(options: OnnxRuntimeOptions = {}): Promise<Runner> {
  const { threads, provider = defaultProvider } = options;
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new ArgumentError("onnxRuntime", `threads ${threads}`, "use a whole number from 1");
  }
  if (!providers.includes(provider)) {
    throw new ArgumentError(
      "onnxRuntime",
      `provider ${JSON.stringify(provider)}`,
      `use one of ${providers.join(", ")}`,
    );
  }
  const ort = await loadOrt(provider);
  if (provider === "wasm") fixWasmThreads(ort, threads);
  const sessionOptions = {
    executionProviders: [provider],
    logSeverityLevel: 4 as const,
    ...(provider === "cpu" && threads !== undefined && { intraOpNumThreads: threads }),
  };
  return {
    contract: "v1",
    name: `onnx-${provider}`,
    async prepare(graph: Graph): Promise<Program> {
      checkState(graph);
      const bytes = graphToOnnx(graph);
      const session = await createSession(ort, graph.name, bytes, sessionOptions);
      return new OnnxProgram(ort, graph, session);
    },
  };
}

type SessionOptions = NonNullable<Parameters<Ort["InferenceSession"]["create"]>[1]>;
type Session = Awaited<ReturnType<Ort["InferenceSession"]["create"]>>;

async function createSession(ort: Ort, name: string, bytes: Uint8Array, options: SessionOptions): Promise<Session> {
  try {
    return await ort.InferenceSession.create(bytes, options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BackendError(
      "onnxRuntime",
      `ONNX Runtime refuses graph "${name}" (${reason})`,
      "see the reason; another runner may take the graph",
      { cause },
    );
  }
}

let wasmThreads: number | "chosen by ONNX Runtime" | null = null;

/** ONNX Runtime's WebAssembly module is one for all sessions and reads the number of threads when it starts. */
function fixWasmThreads(ort: Ort, threads: number | undefined): void {
  if (wasmThreads === null) {
    wasmThreads = threads ?? "chosen by ONNX Runtime";
    if (threads !== undefined) ort.env.wasm.numThreads = threads;
  } else if (threads !== undefined && threads !== wasmThreads) {
    throw new BackendError(
      "onnxRuntime",
      `threads ${threads}, but an earlier wasm runner fixed the number: ${wasmThreads}`,
      "ask for the same number in every wasm runner",
    );
  }
}
