import type { ConformanceReport } from "./report.js";
import { type ConformanceOptions, createSuite } from "./suite.js";

/** The two functions that a test runner needs to have; those of vitest, jest, mocha and node:test do. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/**
 * Registers every case as a test. Tests must run one after another, as runners do by default.
 * Returns the report, which fills up as they run. Raises an ArgumentError for a skip without a reason or of no case.
 *
 * @example
 * import { describe, it } from "vitest";
 * describeConformance({ describe, it }, { name: "cpu", backend: () => cpu() });
 */
export function describeConformance({ describe, it }: TestRunner, options: ConformanceOptions): ConformanceReport {
  const suite = createSuite("describeConformance", options);
  describe(`conformance of ${options.name}`, () => {
    for (const c of suite.cases) it(c.name, () => suite.runCase(c));
    it("the backend can be disposed", () => suite.close());
  });
  return suite.report;
}

/**
 * Runs every case without a test runner and returns the report; failures are in it.
 *
 * @example
 * const { failed, notApplicable } = await runConformance({ name: "cpu", backend: () => cpu() });
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const suite = createSuite("runConformance", options);
  for (const c of suite.cases) await suite.runCase(c).catch(isBooked);
  await suite.close();
  return suite.report;
}

/** The suite has put the failure into its report already. */
function isBooked(): undefined {
  return undefined;
}
