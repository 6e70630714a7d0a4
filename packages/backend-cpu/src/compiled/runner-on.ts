import type { Backend, Graph, Program, Runner, TypedArray } from "@unrolled/backend";
import type { EngineSource } from "../fast/engine-source.js";

/** The runner whose fallback are a backend's kernels; undefined where there is no WebAssembly with SIMD. */
export function runnerOn(backend: () => Backend<TypedArray>, source: EngineSource): Runner | undefined {
  const engine = source();
  if (engine === null) return undefined;
  return {
    contract: "v1",
    name: `${backend().name}-compiled`,
    prepare: async (graph: Graph): Promise<Program> => {
      const { CpuProgram, spaceOn } = await import("./compiler.js"); // loads when a page first compiles something
      return new CpuProgram(graph, backend(), spaceOn(engine));
    },
  };
}
