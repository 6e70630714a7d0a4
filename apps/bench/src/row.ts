import type { Measured } from "./measure.js";

/** A peer that took part, in one process. */
export interface TimedRow extends Measured {
  readonly work: string;
  readonly peer: string;
  /** Cores that others kept busy just before. */
  readonly othersBusy?: number;
  /** Of works that measure memory: what heap and array buffers hold more after the calls, bytes. */
  readonly held?: number;
  readonly otherModel?: boolean;
  readonly note?: string;
  /** Of the peer's library, where the process that starts it cannot know. */
  readonly version?: string;
}

/** A peer that takes no part on this machine or in this work, and why. */
export interface MissingRow {
  readonly work: string;
  readonly peer: string;
  readonly unavailable: string;
}

/** A peer that started and broke, and how. */
export interface FailedRow {
  readonly work: string;
  readonly peer: string;
  readonly failed: string;
}

export type Row = TimedRow | MissingRow | FailedRow;

export const isTimed = (row: Row): row is TimedRow => "samples" in row;
export const isMissing = (row: object): row is MissingRow => "unavailable" in row;
export const isFailed = (row: object): row is FailedRow => "failed" in row;

export const absence = (row: MissingRow | FailedRow): string =>
  isFailed(row) ? `FAILED: ${row.failed}` : `not available here: ${row.unavailable}`;
