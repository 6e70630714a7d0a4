export { cpuRunner } from "./compiled/cpu-runner.js";
export { cpu, cpuFeatures, cpuReady } from "./cpu.js";
export type { CpuFeatures } from "./engine-host.js";
export type { CpuOptions } from "./options.js";
export type { SimdChoice } from "./wasm/single-engine.js";
