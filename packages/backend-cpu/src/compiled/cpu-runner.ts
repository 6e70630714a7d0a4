import { BackendError, type Runner } from "@unrolled/backend";
import { cpu, cpuFeatures } from "../cpu.js";

/**
 * A Runner that turns a graph into one WebAssembly function over a fixed plan of memory: no call a node, and nothing allocated
 * from run to run but the outputs. What it has no code for runs as the backend's kernels on the same memory. Every combination of
 * sizes is compiled when it is met first, and the 64 met last are kept. `compile` takes it where the default backend is `cpu()`.
 *
 * @throws BackendError where there is no WebAssembly with SIMD
 * @example
 * const program = await cpuRunner().prepare(graph);
 * const { y } = await program.run({ x: { data, shape: [10, 1, 1], dtype: "float32" } });
 */
export function cpuRunner(): Runner {
  const runner = cpu().graphRunner;
  if (runner) return runner;
  throw new BackendError(
    "cpuRunner",
    String(cpuFeatures().reason),
    "use interpreter(cpu()), which needs no WebAssembly",
  );
}
