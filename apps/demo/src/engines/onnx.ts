import { type EngineKind, notLoaded, orSay } from "./engine.js";

export const onnxCompiled: EngineKind = {
  id: "onnx",
  label: "ONNX Runtime, compiled step",
  summary: "The whole update as one ONNX file, run by ONNX Runtime: gradients and optimiser are nodes of its graph.",
  megabytes: 4,
  replays: false,
  async open() {
    const [{ onnxRuntime }, { cpu, cpuReady }] = await orSay(notLoaded("ONNX Runtime"), () =>
      Promise.all([import("@unrolled/backend-onnx"), import("./cpu-parts.js")]),
    );
    await cpuReady();
    const runner = await orSay("ONNX Runtime could not be started", () =>
      onnxRuntime({ provider: "wasm", threads: 1 }),
    );
    return {
      backend: cpu(), // batches and results are arrays here; the step itself runs there
      runner,
      words: "ONNX Runtime, WebAssembly",
      dispose: () => Promise.resolve(), // its programs are the trainer's
    };
  },
};
