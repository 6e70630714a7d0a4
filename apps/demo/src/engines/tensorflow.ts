import { type EngineKind, EngineUnavailableError, notLoaded, orSay } from "./engine.js";
import { requireBinary } from "./tensorflow-wasm.js";

type Adapter = typeof import("@unrolled/backend-tfjs");

const load = (): Promise<Adapter> => orSay(notLoaded("TensorFlow.js"), () => import("@unrolled/backend-tfjs"));

export const tensorflowWasm: EngineKind = {
  id: "tfjs-wasm",
  label: "TensorFlow.js WASM",
  summary: "TensorFlow.js with its WebAssembly kernels, one operation after the other.",
  megabytes: 0.3,
  replays: false,
  async open() {
    const { tfjs } = await load();
    await requireBinary();
    const backend = await orSay("TensorFlow.js could not start its WebAssembly kernels", () => tfjs("wasm"));
    return { backend, runner: null, words: "TensorFlow.js, WebAssembly", dispose: () => backend.dispose() };
  },
};

export const tensorflowWebgl: EngineKind = {
  id: "tfjs-webgl",
  label: "TensorFlow.js WebGL",
  summary: "TensorFlow.js on the graphics card. It pays for large networks; each step of a small one mostly waits.",
  megabytes: 0.2,
  replays: false,
  async open() {
    requireWebgl();
    const { tfjs } = await load();
    const backend = await orSay("TensorFlow.js could not start on WebGL in this browser", () => tfjs("webgl"));
    return { backend, runner: null, words: "TensorFlow.js, WebGL", dispose: () => backend.dispose() };
  },
};

function requireWebgl(): void {
  if (typeof OffscreenCanvas === "undefined")
    throw new EngineUnavailableError(
      "This browser has no WebGL outside of the page's main thread, where training runs",
    );
  const context = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (context === null) throw new EngineUnavailableError("This browser, or its graphics driver, has no WebGL 2");
  context.getExtension("WEBGL_lose_context")?.loseContext(); // browsers allow few at a time
}
