import type { Run } from "./run.js";
import type { Work } from "./works/work.js";

export interface Budget {
  /** Seconds of calls before the timed ones, so that what compiles while it runs has done so; a slow first call counts. */
  readonly warmSeconds: number;
  /** Seconds of timed calls to aim at. */
  readonly seconds: number;
  /** Timed calls at least, unless they take longer than `most` seconds. */
  readonly leastCalls: number;
  readonly most: number;
  readonly mostCalls: number;
}

export interface Measured {
  /** Seconds of each timed call. */
  readonly samples: readonly number[];
  /** Seconds of the first call, which may compile. */
  readonly firstCall: number;
  /** What the first calls gave, as many values as are expected. */
  readonly values: readonly number[];
  /** CPU time of the timed calls over their wall time: how many cores they kept busy. 0 where it cannot be known. */
  readonly cpuPerWall: number;
}

/**
 * Calls a run untimed and then timed until the budget is used.
 *
 * @param cpuSeconds the CPU time that the process has used so far
 */
export async function measure(
  run: Run,
  work: Work,
  budget: Budget,
  cpuSeconds: () => number = () => 0,
): Promise<Measured> {
  const values: number[] = [];
  const samples: number[] = [];
  const wanted = Math.max(1, work.expected.length);
  let index = 0;
  const call = async (): Promise<number> => {
    const before = performance.now();
    const pending = run.call(index);
    const result = pending instanceof Promise ? await pending : pending;
    const seconds = (performance.now() - before) / 1000;
    index++;
    if (result !== undefined && values.length < wanted)
      values.push(...(typeof result === "number" ? [result] : result));
    return seconds;
  };
  const firstCall = await call();
  let warmed = firstCall;
  while (index < work.warmCalls || warmed < budget.warmSeconds) warmed += await call();
  let spent = 0;
  const cpuBefore = cpuSeconds();
  while (
    samples.length < budget.mostCalls &&
    spent < budget.most &&
    (spent < budget.seconds || samples.length < budget.leastCalls)
  ) {
    samples.push(await call());
    spent += samples[samples.length - 1];
  }
  const cpuPerWall = (cpuSeconds() - cpuBefore) / spent;
  if (run.values && values.length === 0) values.push(...(await run.values()));
  return { samples, firstCall, values: values.slice(0, wanted), cpuPerWall };
}
