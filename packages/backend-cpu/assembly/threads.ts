/** Where thread `thread` of `threads` begins in n elements that are split at multiples of `grain`. */
export function partStart(n: i32, grain: i32, thread: i32, threads: i32): i32 {
  if (threads == 1) return 0;
  const grains = (n + grain - 1) / grain;
  return min(n, grains * thread / threads * grain);
}

export function partEnd(n: i32, grain: i32, thread: i32, threads: i32): i32 {
  return thread + 1 == threads ? n : partStart(n, grain, thread + 1, threads);
}

/** Turns of a busy wait, some 50 us, before a thread sleeps. */
const SPINS: i32 = 20000;
/** Bytes from the count of threads that have arrived to the word that each meeting adds one to: another cache line. */
const MEETINGS: usize = 64;

/** Address of the barrier's two words; all threads are given the same. */
let meetingPlace: usize = 0;

export function useBarrier(at: usize): void { meetingPlace = at; }

/**
 * Sleeps while the word at `at` is `value`, or returns soon where the thread may not sleep; throws where another thread has failed.
 * Imported, since Node 20's baseline compiler goes wrong on a function that waits by an instruction.
 */
// @ts-ignore: decorator
@external("env", "pause")
declare function pause(at: usize, value: i32): void;

/** Returns when all threads have called it: what they wrote before is seen by all after. Nothing to do for one thread. */
export function barrier(threads: i32): void {
  if (threads == 1) return;
  const place = meetingPlace;
  const meeting = atomic.load<i32>(place, MEETINGS);
  if (atomic.add<i32>(place, 1) == threads - 1) {
    atomic.store<i32>(place, 0);
    atomic.add<i32>(place, 1, MEETINGS);
    atomic.notify(place + MEETINGS, -1);
    return;
  }
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(place, MEETINGS) != meeting) return;
  while (atomic.load<i32>(place, MEETINGS) == meeting) pause(place + MEETINGS, meeting);
}
