import { type TaskWord, taskWords } from "../../fast/sequence-task.js";
import type { KernelArguments, ParallelKernel } from "../engine.js";

/**
 * How long a kernel takes on one thread, in float32 multiply-adds, some 30 a nanosecond. `i32` is the memory, in which tasks are
 * read. A kernel that is not here runs on one thread.
 */
type Work = { readonly [K in ParallelKernel]?: (i32: Int32Array, ...args: KernelArguments<K>) => number };

/** The sigmoids and tanhs of a unit and a gate. */
const ACTIVATION = 30;

function sequence(gates: number, passes: number): (i32: Int32Array, task: number) => number {
  return (i32, task) => {
    const { T, B, I, H } = sizesAt(i32, task);
    return passes * T * B * gates * H * (I + H + ACTIVATION);
  };
}

/** The time loop of an LSTM is shared out by sequences: where there is one alone, the products with the inputs remain. */
function lstm(passes: number): (i32: Int32Array, task: number) => number {
  return (i32, task) => {
    const { T, B, I, H, P, wHr } = sizesAt(i32, task);
    if (B <= 1) return passes * T * 4 * H * I;
    return passes * T * B * H * (4 * (I + P + ACTIVATION) + (wHr ? P : 0));
  };
}

function sizesAt(i32: Int32Array, task: number): Record<"T" | "B" | "I" | "H" | "P" | "wHr", number> {
  const [T, B, I, H, P, wHr] = sizeWords.map((word) => i32[(task >> 2) + word]);
  return { T, B, I, H, P, wHr };
}

const sizeWords = (["T", "B", "I", "H", "P", "wHr"] satisfies TaskWord[]).map((name) => taskWords.indexOf(name));

export const work: Work = {
  matmul: (_, m, n, k) => m * n * k,
  batchedMatmul: (_, batches, m, n, k) => batches * m * n * k,
  rnnForward: sequence(1, 1),
  rnnBackward: sequence(1, 2),
  lstmForward: lstm(1),
  lstmBackward: lstm(2),
  gruForward: sequence(3, 1),
  gruBackward: sequence(3, 2),
};
