// A vitest reporter that writes how many tests passed, failed and were skipped to the file that TEST_COUNTS names.
import { writeFileSync } from "node:fs";

/** @typedef {import("vitest/node").Reporter} Reporter */

/** @implements {Reporter} */
export default class CountReporter {
  /**
   * @param {ReadonlyArray<import("vitest/node").TestModule>} modules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      let failed = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        tests++;
        if (state === "passed") counts.passed++;
        else if (state === "skipped") counts.skipped++;
        else failed++; // also one that never came to an end
      }
      // A file that could not be loaded, or whose hooks broke, has failed even where no test in it has.
      if (failed === 0 && module.state() === "failed") failed = 1;
      else if (tests === 0 && module.state() === "skipped") counts.skipped++;
      counts.failed += failed;
    }
    const file = process.env.TEST_COUNTS;
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}
