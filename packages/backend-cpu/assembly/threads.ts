/** Where thread `thread` of `threads` begins in n elements that are split at multiples of `grain`. */
export function partStart(n: i32, grain: i32, thread: i32, threads: i32): i32 {
  if (threads == 1) return 0;
  const grains = (n + grain - 1) / grain;
  return min(n, grains * thread / threads * grain);
}

export function partEnd(n: i32, grain: i32, thread: i32, threads: i32): i32 {
  return thread + 1 == threads ? n : partStart(n, grain, thread + 1, threads);
}
