import { median, type Result } from "./result.js";
import type { Work } from "./works.js";

/** Times repetitions after one to warm up, whose loss is the row's. */
export async function timeRepeats(
  { name, unit }: Work,
  peer: string,
  repetitions: number,
  repeat: () => Promise<number>,
): Promise<Result> {
  const loss = await repeat();
  const times: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const before = performance.now();
    await repeat();
    times.push(performance.now() - before);
  }
  return { work: name, peer, threads: 1, unit, median: median(times), best: Math.min(...times), loss };
}
