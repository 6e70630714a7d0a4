import { type Backend, requireKnownOptions } from "@unrolled/backend";
import type { CaseContext } from "../cases/case.js";
import { type CaseFilter, chosenCases } from "../cases/index.js";
import { register, runAll, type TestRunner } from "./on-runner.js";
import type { ConformanceReport } from "./report.js";
import { requireBackend, requireFactory, requireTestRunner } from "./requirements.js";
import { createSuite, type Skips, type Suite } from "./suite.js";

/** Options of `describeConformance` and `runConformance`. */
export interface ConformanceOptions extends CaseFilter {
  /** Heads the report, such as `cpu`. */
  readonly name: string;
  /** Makes a backend: once for all cases, and once more for the case that disposes of one. */
  readonly backend: () => Backend | Promise<Backend>;
  /** Cases that are known to fail. They run all the same, and one that passes fails as stale. Default: none. */
  readonly skip?: Skips;
}

function kernelSuite(where: string, options: ConformanceOptions): Suite<CaseContext> {
  requireKnownOptions(where, options, ["name", "backend", "ops", "skip"]);
  const { name, backend, skip, ops } = options;
  requireFactory(where, "backend", backend);
  const create = async (): Promise<Backend> => requireBackend(where, await backend());
  return createSuite(where, {
    name,
    level: "kernels",
    cases: chosenCases(where, ops).map((c) => ({ ...c, inapplicable: ({ backend }) => c.inapplicable(backend) })),
    skip,
    open: async () => ({ backend: await create(), create }),
    close: (context) => context.backend.dispose(),
  });
}

/**
 * Registers every case as a test. Tests must run one after another, as runners do by default.
 * Returns the report, which fills up as they run. Where no case applies to the backend, the last test fails.
 *
 * @throws ArgumentError for an unknown option, op or case, and for a skip without a reason
 * @example
 * import { describe, it } from "vitest";
 * describeConformance({ describe, it }, { name: "cpu", backend: () => cpu() });
 */
export function describeConformance(runner: TestRunner, options: ConformanceOptions): ConformanceReport {
  requireTestRunner("describeConformance", runner);
  return register(runner, kernelSuite("describeConformance", options), "the backend can be disposed");
}

/**
 * Runs every case without a test runner and returns the report; failures are in it.
 *
 * @throws ArgumentError as `describeConformance`, and where no case applies; whatever `backend` throws
 * @example
 * const { failed, notApplicable } = await runConformance({ name: "cpu", backend: () => cpu() });
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  return runAll(kernelSuite("runConformance", options));
}
