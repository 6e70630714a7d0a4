import type { Kind, WorkOf } from "./works/work.js";

export type Values = number | readonly number[] | undefined;

/** A work made ready by a peer. */
export interface Run {
  /** Does the work once more, going on from where the call before it ended. */
  call(index: number): Values | Promise<Values>;
  /** The values, where reading them inside of a call would add to its time. */
  values?(): readonly number[] | Promise<readonly number[]>;
  /** How this peer's work differs from the others'. */
  readonly note?: string;
  /** True where it trains another model by construction, so that its values cannot agree. */
  readonly otherModel?: boolean;
}

/** The kinds of work that a peer can do. */
export type Family = { readonly [K in Kind]?: (work: WorkOf<K>) => Run | Promise<Run> };

/** Why a peer takes no part in a work. */
export class Unavailable extends Error {}
