import { type EngineKind, notLoaded, orSay } from "./engine.js";

export const cpuEager: EngineKind = {
  id: "cpu",
  label: "CPU",
  summary: "This library's own kernels in WebAssembly, one operation after the other.",
  megabytes: 0,
  replays: true,
  async open() {
    const { cpu, cpuFeatures, cpuReady } = await import("./cpu-parts.js");
    await cpuReady();
    const words = cpuFeatures().simd === "off" ? "plain JavaScript, 1 thread" : "WebAssembly SIMD, 1 thread";
    return { backend: cpu(), runner: null, words, dispose: () => Promise.resolve() };
  },
};

export const cpuCompiled: EngineKind = {
  id: "cpu-compiled",
  label: "CPU, compiled step",
  summary: "The whole update, gradients and optimiser included, as one WebAssembly function.",
  megabytes: 0,
  replays: true,
  async open() {
    const [{ cpu, cpuReady }, { cpuRunner }] = await orSay(notLoaded("the compiler"), () =>
      Promise.all([import("./cpu-parts.js"), import("./cpu-compiler.js")]),
    );
    await cpuReady();
    return {
      backend: cpu(),
      runner: cpuRunner(),
      words: "one WebAssembly function a step",
      dispose: () => Promise.resolve(),
    };
  },
};
