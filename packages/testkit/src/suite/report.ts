/** What became of the cases. Filled in while they run. */
export interface ConformanceReport {
  readonly backend: string;
  /** Number of cases registered. */
  readonly cases: number;
  readonly passed: string[];
  readonly failed: { readonly name: string; readonly error: unknown }[];
  /** Cases with a skip, which failed as it says. */
  readonly skipped: { readonly name: string; readonly reason: string }[];
  /** Cases that the backend's capabilities leave out, such as those of a dtype that it does not have. */
  readonly notApplicable: { readonly name: string; readonly reason: string }[];
}

export function emptyReport(backend: string, cases: number): ConformanceReport {
  return { backend, cases, passed: [], failed: [], skipped: [], notApplicable: [] };
}
