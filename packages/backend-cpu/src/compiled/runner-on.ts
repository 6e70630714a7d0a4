import type { Backend, Graph, Program, Runner, TypedArray } from "@unrolled/backend";
import { sharedEngine } from "../wasm/single-engine.js";
import { CpuProgram } from "./program.js";
import { Space } from "./space.js";

let space: Space | null = null;

/** The runner whose fallback are a backend's kernels; undefined where there is no WebAssembly with SIMD. */
export function runnerOn(backend: () => Backend<TypedArray>): Runner | undefined {
  const engine = sharedEngine();
  if (engine === null) return undefined;
  return {
    contract: "v1",
    name: "cpu-compiled",
    prepare: async (graph: Graph): Promise<Program> => {
      space ??= new Space(engine.simd);
      return new CpuProgram(graph, backend(), space);
    },
  };
}
