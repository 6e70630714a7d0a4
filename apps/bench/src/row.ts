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

/** A peer that did not, and why. */
export interface MissingRow {
  readonly work: string;
  readonly peer: string;
  readonly unavailable: string;
}

export type Row = TimedRow | MissingRow;

export const isTimed = (row: Row): row is TimedRow => "samples" in row;
