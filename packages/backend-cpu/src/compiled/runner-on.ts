import type { Backend, Graph, Program, Runner, TypedArray } from "@unrolled/backend";
import type { EngineHost } from "../engine-host.js";
import type { Engine } from "../wasm/engine.js";

/** The runner whose fallback are a backend's kernels; undefined where there is no WebAssembly with SIMD. */
export function runnerOn(backend: () => Backend<TypedArray>, host: EngineHost): Runner | undefined {
  if (host.source() === null) return undefined;
  return {
    contract: "v1",
    name: `${backend().name}-compiled`,
    prepare: async (graph: Graph): Promise<Program> => {
      const { CpuProgram, spaceOn } = await import("./compiler.js"); // loads when a page first compiles something
      await host.loaded();
      return new CpuProgram(graph, backend(), spaceOn(host.source() as Engine));
    },
  };
}
