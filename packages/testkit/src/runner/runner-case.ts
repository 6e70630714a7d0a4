import type { DType, Op, Runner } from "@unrolled/backend";
import type { SuiteCase } from "../suite/suite.js";

/** What a case of a runner may be about. */
export type RunnerTopic = Op | "state" | "program" | "inputs" | "sizes" | "scan" | "dispose";

/** What a runner's index out of range does: the run fails, or `gather` gives zeros and `scatterAdd` drops. */
export type OutOfRange = "refused" | "zeros";

/** What a case of a runner gets. */
export interface RunnerContext {
  readonly runner: Runner;
  readonly dtypes: ReadonlySet<DType>;
  readonly outOfRange: OutOfRange;
  /** Live buffers of the engine underneath; `null` where nobody counts. */
  readonly memory: (() => { readonly buffers: number; readonly bytes: number }) | null;
}

/** One promise of the contract, held against a runner. */
export interface RunnerCase extends SuiteCase<RunnerContext> {
  readonly op: RunnerTopic;
}
