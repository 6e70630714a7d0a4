// Rows of floats picked or added to by int32 indices, which must exist: whoever calls has looked.
import { partEnd, partStart } from "./threads";

/** Row i of out is row indices[i] of x; rows have n floats. */
export function gatherRows(x: usize, indices: usize, out: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const bytes: usize = <usize>n << 2, whole: usize = bytes & ~15;
  for (let i = partStart(rows, 16, thread, threads), end = partEnd(rows, 16, thread, threads); i < end; i++) {
    const from = x + <usize>load<i32>(indices + (<usize>i << 2)) * bytes, to = out + <usize>i * bytes;
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(to + at, v128.load(from + at));
    for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
  }
}

/** Adds row i of updates to row indices[i] of out, one after the other, so that repeats add up; threads share the columns. */
export function scatterAddRows(out: usize, indices: usize, updates: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const bytes: usize = <usize>n << 2;
  const start: usize = <usize>partStart(n, 16, thread, threads) << 2, end: usize = <usize>partEnd(n, 16, thread, threads) << 2;
  for (let i = 0; i < rows; i++) {
    const to = out + <usize>load<i32>(indices + (<usize>i << 2)) * bytes, from = updates + <usize>i * bytes;
    let at = start;
    for (; at + 16 <= end; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    for (; at < end; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
  }
}
