import type { Backend } from "@unrolled/backend";
import type { CaseContext } from "../cases/case.js";
import { type CaseFilter, conformanceCases } from "../cases/index.js";
import { register, runAll, type TestRunner } from "./on-runner.js";
import type { ConformanceReport } from "./report.js";
import { createSuite, type Skips, type Suite } from "./suite.js";

export interface ConformanceOptions extends CaseFilter {
  /** Heads the report, such as `cpu`. */
  readonly name: string;
  /** Makes a backend: once for all cases, and once more for the case that disposes of one. */
  readonly backend: () => Backend | Promise<Backend>;
  /** Cases that are known to fail. They run all the same, and one that passes fails as stale. Default: none. */
  readonly skip?: Skips;
}

function kernelSuite(where: string, { name, backend, skip, ...filter }: ConformanceOptions): Suite<CaseContext> {
  return createSuite(where, {
    name,
    level: "kernels",
    cases: conformanceCases(filter).map((c) => ({ ...c, inapplicable: (context) => c.inapplicable(context.backend) })),
    skip,
    open: async () => ({ backend: await backend(), create: backend }),
    close: (context) => context.backend.dispose(),
  });
}

/**
 * Registers every case as a test. Tests must run one after another, as runners do by default.
 * Returns the report, which fills up as they run. Raises an ArgumentError for a skip without a reason or of no case.
 *
 * @example
 * import { describe, it } from "vitest";
 * describeConformance({ describe, it }, { name: "cpu", backend: () => cpu() });
 */
export function describeConformance(runner: TestRunner, options: ConformanceOptions): ConformanceReport {
  return register(runner, kernelSuite("describeConformance", options), "the backend can be disposed");
}

/**
 * Runs every case without a test runner and returns the report; failures are in it.
 *
 * @example
 * const { failed, notApplicable } = await runConformance({ name: "cpu", backend: () => cpu() });
 */
export function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  return runAll(kernelSuite("runConformance", options));
}
