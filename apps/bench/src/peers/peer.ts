import type { Family } from "../run.js";

/** One row of the tables. */
export interface Peer {
  readonly name: string;
  readonly about: string;
  /** How many threads it may use. */
  readonly threads: number;
  /** Opens the library, in the process of the job; raises `Unavailable` where it is missing. */
  readonly open?: () => Promise<Family>;
  /** The mode of the Python peer, where it is one. */
  readonly python?: "eager" | "compile";
}
