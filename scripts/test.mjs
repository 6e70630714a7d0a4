// npm test: builds, checks types, lint and import direction, runs every test, and ends with one line of counts.
// Arguments go to vitest: `npm test -- packages/core`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browserTestFiles, findBrowser } from "./browser.mjs";
import { gates } from "./gates.mjs";
import { run, step } from "./steps.mjs";

/**
 * The last line. A check that fails counts as one failed test, so that the line never looks better than the run.
 * @param {{ passed: number, failed: number, skipped: number }} counts
 * @returns {never}
 */
function finish({ passed, failed, skipped }) {
  if (passed === 0) console.log("\nNo test has passed.");
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
}

/** @returns {Promise<{ code: number, passed: number, failed: number, skipped: number }>} */
async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-test-"));
  const file = join(folder, "counts.json");
  const reporters = ["--reporter=default", "--reporter=./scripts/count-reporter.mjs"];
  const { code } = await run("vitest", ["run", ...reporters, ...process.argv.slice(2)], {
    show: true,
    env: { TEST_COUNTS: file },
  });
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { passed: 0, failed: 0, skipped: 0 };
  rmSync(folder, { recursive: true });
  return { code, ...counts };
}

if (!(await step("build", gates.build))) finish({ passed: 0, failed: 1, skipped: 0 });

/** @type {string[]} */
const failedChecks = [];
for (const [name, gate] of /** @type {const} */ ([
  ["types of the tests", gates.types],
  ["types of the demo", gates.demoTypes],
  ["format and lint", gates.lint],
  ["import direction and cycles", gates.imports],
])) {
  if (!(await step(name, gate))) failedChecks.push(name);
}

/** @returns {number} how many test files have to be left out because they need a browser */
function filesWithoutBrowser() {
  try {
    return findBrowser() === undefined ? browserTestFiles().length : 0;
  } catch (error) {
    console.log(`\n${error instanceof Error ? error.message : error}`);
    finish({ passed: 0, failed: failedChecks.length + 1, skipped: 0 });
  }
}

const left = filesWithoutBrowser();
const { code, passed, failed, skipped } = await runTests();
const broken = code !== 0 && failed === 0 ? 1 : 0; // vitest itself has failed
if (failedChecks.length > 0) console.log(`\nFAILED  ${failedChecks.join(", ")}: what was wrong stands above the tests`);
finish({ passed, failed: failed + broken + failedChecks.length, skipped: skipped + left });
