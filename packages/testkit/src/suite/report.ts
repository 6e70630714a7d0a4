import type { DType } from "@unrolled/backend";

/** Which part of the kit a case belongs to. */
export type Level = "kernels" | "runner" | "training";

/** What became of a case. */
export type Outcome = "passed" | "failed" | "skipped" | "not applicable";

/** One case and what became of it. */
export interface CaseResult {
  readonly name: string;
  /** An op of the table, or what else the case is about, such as `state` or `scan`. */
  readonly op: string;
  /** The dtype of the case's tensors; `null` where it has none of its own. */
  readonly dtype: DType | null;
  readonly outcome: Outcome;
  /** Why it was skipped or does not apply, or the error's message. */
  readonly reason: string | null;
}

/** What became of the cases. Filled in while they run. */
export interface ConformanceReport {
  readonly backend: string;
  readonly level: Level;
  /** Number of cases registered. */
  readonly cases: number;
  readonly passed: string[];
  readonly failed: { readonly name: string; readonly error: unknown }[];
  /** Cases with a skip, which failed as it says. */
  readonly skipped: { readonly name: string; readonly reason: string }[];
  /** Cases that the backend's capabilities leave out, such as those of a dtype that it does not have. */
  readonly notApplicable: { readonly name: string; readonly reason: string }[];
  /** All of the above, case by case, in the order in which they ran. */
  readonly results: CaseResult[];
}

export function emptyReport(backend: string, level: Level, cases: number): ConformanceReport {
  return { backend, level, cases, passed: [], failed: [], skipped: [], notApplicable: [], results: [] };
}
