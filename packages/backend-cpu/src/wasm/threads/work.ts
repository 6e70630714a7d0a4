import type { KernelArguments, ParallelKernel } from "../engine.js";

/** How long a kernel takes on one thread, in float32 multiply-adds, some 30 a nanosecond. */
type Work = { readonly [K in ParallelKernel]?: (...args: KernelArguments<K>) => number };

/** A kernel that is not here runs on one thread. */
export const work: Work = {
  matmul: (m, n, k) => m * n * k,
  batchedMatmul: (batches, m, n, k) => batches * m * n * k,
};
