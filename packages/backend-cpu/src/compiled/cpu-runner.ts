import { BackendError, type Runner } from "@unrolled/backend";
import { cpu, cpuFeatures } from "../cpu.js";
import type { CpuOptions } from "../options.js";

/**
 * A Runner that turns a graph into one WebAssembly function over a fixed plan of memory: no call a node, and nothing allocated
 * from run to run but the outputs. What it has no code for runs as the backend's kernels on the same memory. Every combination of
 * sizes is compiled when it is met first (1 to 10 ms), and those met last are kept while their code takes less than 64 MB: for small
 * nets 350 to 1,200 of them. `compile` takes it where the default backend is `cpu()`.
 *
 * @param options those of `cpu`, of whose backend it is the `graphRunner`
 * @throws ArgumentError for options that do not exist or do not fit together
 * @throws BackendError where there is no WebAssembly with SIMD
 * @example
 * const program = await cpuRunner().prepare(graph);
 * const { y } = await program.run({ x: { data, shape: [10, 1, 1], dtype: "float32" } });
 */
export function cpuRunner(options: CpuOptions = {}): Runner {
  const backend = cpu(options);
  const runner = backend.graphRunner;
  if (runner) return runner;
  const reason = cpuFeatures(backend).reason ?? "simd is off";
  throw new BackendError("cpuRunner", reason, "use interpreter(cpu()), which needs no WebAssembly");
}
