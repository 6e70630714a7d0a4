import { ArgumentError, BackendError } from "@unrolled/backend";
import type { InferenceSession } from "onnxruntime-node";
import { defaultProvider, loadOrt } from "#engine";
import {
  type Engine,
  type EngineSession,
  type GraphOptimization,
  type Ort,
  type Provider,
  providers,
  type SessionTuning,
} from "./engine.js";
import { reasonOf } from "./load-peer.js";
import { Turns } from "./turns.js";

/** What `onnxRuntime` and `loadOnnx` both take. */
export interface EngineOptions {
  /**
   * Threads that share one op's work. Default: what ONNX Runtime chooses, about the number of cores. Models with tens of
   * hidden units run fastest with 1. The first user of `wasm` in a page or process fixes the number for all, and so does
   * the first of `webgpu`. More than one needs a page that is cross-origin isolated.
   */
  readonly threads?: number;
  /**
   * Where to compute, or a list in order of preference, of which the first that is there is taken. Default: `cpu` in Node
   * (package onnxruntime-node), `wasm` elsewhere (package onnxruntime-web).
   */
  readonly provider?: Provider | readonly Provider[];
  /** How much ONNX Runtime rewrites the model for speed. Default `all`. */
  readonly graphOptimization?: GraphOptimization;
}

export const engineOptions = ["threads", "provider", "graphOptimization"] as const;

const optimizations: readonly GraphOptimization[] = ["disabled", "basic", "extended", "all"];

/** Checks the options and loads the first provider that is there. */
export async function openEngine(op: string, options: EngineOptions): Promise<Engine> {
  const { threads, graphOptimization } = options;
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new ArgumentError(op, `threads ${threads}`, "use a whole number from 1");
  }
  if (graphOptimization !== undefined) requireOneOf(op, "graphOptimization", graphOptimization, optimizations);
  const wanted = preferences(op, options.provider);
  const failures: BackendError[] = [];
  for (const provider of wanted) {
    try {
      return engine(op, await loadOrt(op, provider), provider, threads);
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  const reasons = failures.map(({ message }) => message).join(". ");
  throw new BackendError(op, `none of ${wanted.join(", ")} is there (${reasons})`, "see the reasons", {
    cause: failures[0],
  });
}

function preferences(op: string, provider: EngineOptions["provider"]): readonly Provider[] {
  if (provider === undefined) return [defaultProvider];
  const list = typeof provider === "string" ? [provider] : provider;
  if (list.length === 0) throw new ArgumentError(op, "provider is an empty list", `use ${providers.join(", ")}`);
  for (const one of list) requireOneOf(op, "provider", one, providers);
  return list;
}

function requireOneOf(op: string, option: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) {
    throw new ArgumentError(op, `${option} ${JSON.stringify(value)}`, `use one of ${known.join(", ")}`);
  }
}

/** WebGPU sessions share one suspended WebAssembly stack: what one of them does must end before another begins. */
const gpuTurns: Turns = new Turns();

/** What fails is thrown; ONNX Runtime need not print it too. */
const quiet = { logSeverityLevel: 4 } as const;

function engine(op: string, ort: Ort, provider: Provider, threads: number | undefined): Engine {
  if (provider !== "cpu") fixThreads(op, ort, provider, threads);
  const turn = <T>(task: () => Promise<T>): Promise<T> => (provider === "webgpu" ? gpuTurns.take(task) : task());
  return {
    ort,
    provider,
    async createSession(what, bytes, { graphOptimization, dims, kept = [] }: SessionTuning): Promise<EngineSession> {
      const sessionOptions = {
        ...quiet,
        executionProviders: [provider],
        graphOptimizationLevel: graphOptimization ?? "all",
        ...(provider === "cpu" && threads !== undefined && { intraOpNumThreads: threads }),
        ...(dims && { freeDimensionOverrides: dims }),
        ...(provider === "webgpu" && {
          preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, "gpu-buffer" as const])),
        }),
      };
      const session = await turn(() => create(op, what, ort, bytes, sessionOptions));
      return {
        inputMetadata: session.inputMetadata,
        outputMetadata: session.outputMetadata,
        run: async (feeds, fetches) =>
          turn(async () => {
            const results = await (fetches ? session.run(feeds, fetches, quiet) : session.run(feeds, quiet));
            return results as Awaited<ReturnType<EngineSession["run"]>>;
          }),
        release: () => turn(() => session.release()),
      };
    },
  };
}

async function create(
  op: string,
  what: string,
  ort: Ort,
  bytes: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, options);
  } catch (cause) {
    throw new BackendError(
      op,
      `ONNX Runtime refuses ${what} (${reasonOf(cause)})`,
      "the reason says what it cannot take",
      { cause },
    );
  }
}

const fixedThreads = new WeakMap<object, number | "chosen by ONNX Runtime">();

/** ONNX Runtime's WebAssembly module is one for all sessions and reads the number of threads when it starts. */
function fixThreads(op: string, ort: Ort, provider: Provider, threads: number | undefined): void {
  const fixed = fixedThreads.get(ort.env);
  if (fixed === undefined) {
    fixedThreads.set(ort.env, threads ?? "chosen by ONNX Runtime");
    if (threads !== undefined) ort.env.wasm.numThreads = threads;
  } else if (threads !== undefined && threads !== fixed) {
    throw new BackendError(
      op,
      `threads ${threads}, but an earlier user of ${provider} fixed the number: ${fixed}`,
      `ask for the same number wherever you use ${provider}`,
    );
  }
}
