import type { ConformanceReport } from "./report.js";
import type { Suite } from "./suite.js";

/** The two functions that a test runner needs to have; those of vitest, jest, mocha and node:test do. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** Registers every case of a suite as a test, and one at the end that closes it. */
export function register<C>({ describe, it }: TestRunner, suite: Suite<C>, closes: string): ConformanceReport {
  const { report } = suite;
  const level = report.level === "kernels" ? "conformance" : `${report.level} conformance`;
  describe(`${level} of ${report.backend}`, () => {
    for (const c of suite.cases) it(c.name, () => suite.runCase(c));
    it(closes, () => suite.close());
  });
  return report;
}

/** Runs every case of a suite, without a test runner. Rejects where there is nothing to run them on. */
export async function runAll<C>(suite: Suite<C>): Promise<ConformanceReport> {
  await suite.open();
  for (const c of suite.cases) await suite.runCase(c).catch(isBooked);
  await suite.close();
  return suite.report;
}

/** The suite has put the failure into its report already. */
function isBooked(): undefined {
  return undefined;
}
