import { type TaskWord, taskWords } from "../../fast/sequence-task.js";
import type { KernelArguments, ParallelKernel } from "../engine.js";

/**
 * How long a kernel takes on one thread, in float32 multiply-adds, some 30 a nanosecond. `i32` is the memory, in which tasks are
 * read. A kernel that is not here runs on one thread.
 */
type Work = { readonly [K in ParallelKernel]?: (i32: Int32Array, ...args: KernelArguments<K>) => number };

/** One sigmoid or tanh of many. */
const TRANSCENDENTAL = 30;

const word = (i32: Int32Array, task: number, name: TaskWord): number => i32[(task >> 2) + taskWords.indexOf(name)];

function sequence(gates: number, passes: number): (i32: Int32Array, task: number) => number {
  return (i32, task) => {
    const [T, B, I, H] = (["T", "B", "I", "H"] as const).map((name) => word(i32, task, name));
    return passes * T * B * gates * H * (I + H + TRANSCENDENTAL);
  };
}

/** The time loop of an LSTM is shared by sequences: one alone leaves the input products only. */
function lstm(passes: number): (i32: Int32Array, task: number) => number {
  const whole = sequence(4, passes);
  return (i32, task) => {
    if (word(i32, task, "B") > 1) return whole(i32, task);
    return passes * word(i32, task, "T") * 4 * word(i32, task, "H") * word(i32, task, "I");
  };
}

const map = (cost: number) => (_i32: Int32Array, _x: number, _out: number, n: number): number => cost * n;

export const work: Work = {
  matmul: (_, m, n, k) => m * n * k,
  batchedMatmul: (_, batches, m, n, k) => batches * m * n * k,
  expMap: map(TRANSCENDENTAL),
  logMap: map(TRANSCENDENTAL),
  tanhMap: map(TRANSCENDENTAL),
  sigmoidMap: map(TRANSCENDENTAL),
  erfMap: map(TRANSCENDENTAL),
  lstmForward: lstm(1),
  lstmBackward: lstm(2),
};
