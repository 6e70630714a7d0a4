/** One row: what one peer did with one work in one process. */
export interface Result {
  readonly work: string;
  readonly peer: string;
  readonly threads: number;
  readonly unit: string;
  /** Median and best of the repetitions. */
  readonly median: number;
  readonly best: number;
  /** The loss at a fixed place, so that rows can be seen to do the same. */
  readonly loss: number;
  /** Milliseconds to make the session, and the file's bytes; where there is one. */
  readonly session?: number;
  readonly bytes?: number;
}

export const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1];
