import { cpu, cpuFeatures, cpuReady, cpuRunner } from "@unrolled/backend-cpu";
import type { EngineKind } from "./engine.js";

const words = (): string =>
  cpuFeatures().simd === "off" ? "plain JavaScript, 1 thread" : "WebAssembly SIMD, 1 thread";

export const cpuEager: EngineKind = {
  id: "cpu",
  label: "CPU",
  megabytes: 0,
  async open() {
    await cpuReady();
    return { backend: cpu(), runner: null, words: words(), dispose: () => Promise.resolve() };
  },
};

export const cpuCompiled: EngineKind = {
  id: "cpu-compiled",
  label: "CPU, compiled step",
  megabytes: 0,
  async open() {
    await cpuReady();
    return {
      backend: cpu(),
      runner: cpuRunner(),
      words: "one WebAssembly function a step",
      dispose: () => Promise.resolve(),
    };
  },
};
