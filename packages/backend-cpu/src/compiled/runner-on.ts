import type { Backend, Graph, Program, Runner, TypedArray } from "@unrolled/backend";
import type { EngineSource } from "../fast/engine-source.js";
import { type Engine, loadEngine } from "../wasm/engine.js";
import { Space } from "./space.js";

const spaces = new WeakMap<Engine, Space>();

/**
 * Programs on one thread have memory of their own, as kernels that run as a fallback may grow the backend's, and views of it would
 * be lost. Shared memory keeps its views, and its threads know no other.
 */
function spaceOn(engine: Engine): Space {
  const known = spaces.get(engine);
  if (known) return known;
  const space = new Space(engine.threads > 1 ? engine : loadEngine(engine.simd));
  spaces.set(engine, space);
  return space;
}

/** The runner whose fallback are a backend's kernels; undefined where there is no WebAssembly with SIMD. */
export function runnerOn(backend: () => Backend<TypedArray>, source: EngineSource): Runner | undefined {
  const engine = source();
  if (engine === null) return undefined;
  return {
    contract: "v1",
    name: `${backend().name}-compiled`,
    prepare: async (graph: Graph): Promise<Program> => {
      const { CpuProgram } = await import("./program.js"); // the compiler loads when a page first compiles something
      return new CpuProgram(graph, backend(), spaceOn(engine));
    },
  };
}
