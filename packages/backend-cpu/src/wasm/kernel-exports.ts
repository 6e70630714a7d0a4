/**
 * What the WebAssembly module exports. Pointers are byte addresses in its memory, strides are bytes, all floats float32; 0 stands
 * for an absent tensor. Whatever ends in `thread, threads` is called by each thread with its own number; (0, 1) runs it alone.
 * The sources are in assembly/, one file for each group.
 */
export interface KernelExports extends MatmulExports {
  threadLocalBytes(): number;
  useThreadLocal(at: number): void;
  useBarrier(at: number): void;
}

export interface MatmulExports {
  panelBytes(n: number, k: number): number;
  isSmallMatmul(m: number, n: number, k: number): number;
  matmul(
    ...args: [
      ...[m: number, n: number, k: number],
      ...[a: number, aStride: number, aTransposed: number],
      ...[b: number, bStride: number, bTransposed: number],
      ...[c: number, cStride: number, start: number, startStride: number],
      ...[panels: number, thread: number, threads: number],
    ]
  ): void;
  batchedMatmul(
    ...args: [
      ...[batches: number, m: number, n: number, k: number],
      ...[a: number, aStep: number, aTransposed: number, b: number, bStep: number, bTransposed: number, c: number],
      ...[panels: number, thread: number, threads: number],
    ]
  ): void;
}
