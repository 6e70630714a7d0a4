// What `npm run conformance` can run, by name: in Node, and in the page that a browser opens. Runs in both.
import { cpu, cpuRunner } from "../../packages/backend-cpu/dist/index.js";
import { tfjs } from "../../packages/backend-tfjs/dist/index.js";
import { interpreter } from "../../packages/core/dist/index.js";
import { runConformance, runRunnerConformance } from "../../packages/testkit/dist/index.js";
import { runTrainingConformance } from "../../packages/testkit/dist/training/index.js";
import * as toolkit from "../../packages/unrolled/dist/index.js";

/**
 * @typedef {import("../../packages/backend/dist/index.js").Backend} Backend
 * @typedef {import("../../packages/testkit/dist/index.js").ConformanceReport} Report
 */

/** @type {Record<string, () => Promise<Backend>>} */
export const backends = {
  cpu: async () => cpu(),
  "tfjs:cpu": () => tfjs("cpu"),
  "tfjs:wasm": () => tfjs("wasm"),
  "tfjs:webgl": () => tfjs("webgl"),
  "tfjs:webgpu": () => tfjs("webgpu"),
  "tfjs:tensorflow": () => tfjs("tensorflow"),
};

/**
 * Kernels and training on a backend. Rejects where the engine does not start.
 * @param {string} name
 * @returns {Promise<Report[]>}
 */
export async function runBackend(name) {
  const create = backends[name];
  const first = await create();
  await first.dispose();
  return [
    await runConformance({ name, backend: create }),
    await runTrainingConformance({ name, backend: create, toolkit }),
  ];
}

/**
 * Graphs as WebAssembly functions.
 * @returns {Promise<Report[]>}
 */
export async function runCompiled() {
  const { dtypes } = cpu().capabilities;
  return [await runRunnerConformance({ name: "cpuRunner()", runner: () => cpuRunner(), dtypes })];
}

/**
 * Graphs on the interpreter over a backend.
 * @param {string} name the backend's
 * @returns {Promise<Report[]>}
 */
export async function runInterpreter(name) {
  const backend = await backends[name]();
  const { dtypes, checksIndices } = backend.capabilities;
  const report = await runRunnerConformance({
    name: `interpreter(${name})`,
    runner: () => interpreter(backend),
    dtypes,
    outOfRange: checksIndices ? "refused" : "zeros",
    memory: () => backend.memory(),
  });
  await backend.dispose();
  return [report];
}
