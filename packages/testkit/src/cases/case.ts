import type { Backend, DType, Op } from "@unrolled/backend";

/** What a case is given: a backend shared with other cases, and a way to make one of its own. */
export interface CaseContext {
  readonly backend: Backend;
  readonly create: () => Backend | Promise<Backend>;
}

/** One promise of the contract, held against a backend. */
export interface ConformanceCase {
  /** Unique and stable: what a skip names. */
  readonly name: string;
  readonly op: Op | "backend";
  /** The dtype of its tensors, `null` where it is about none or several. */
  readonly dtype: DType | null;
  /** Why this backend is not asked, such as a dtype that it does not have; `null` if it is. */
  inapplicable(backend: Backend): string | null;
  /** Raises a ConformanceError where the backend deviates. Must not run beside another case on the same backend. */
  run(context: CaseContext): Promise<void>;
}
