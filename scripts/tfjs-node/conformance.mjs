// The conformance kit on the TensorFlow engine: kernels, and training on them.
import { tfjs } from "../../packages/backend-tfjs/dist/index.js";
import { runConformance } from "../../packages/testkit/dist/index.js";
import { runTrainingConformance } from "../../packages/testkit/dist/training/index.js";
import * as toolkit from "../../packages/unrolled/dist/index.js";

const options = { name: "tfjs-tensorflow", backend: () => tfjs("tensorflow") };
const reports = [await runConformance(options), await runTrainingConformance({ ...options, toolkit })];

for (const { level, cases, passed, failed, skipped, notApplicable } of reports) {
  /** @type {Map<string, number>} */
  const reasons = new Map();
  for (const { reason } of notApplicable) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  console.log(
    `  ${level}: ${cases} cases: ${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`,
  );
  for (const { name, reason } of skipped) console.log(`    skipped: ${name} (${reason})`);
  for (const [reason, count] of reasons) console.log(`    ${count} do not apply: ${reason}`);
  for (const { name, error } of failed)
    console.log(`    FAILED ${name}\n      ${error instanceof Error ? error.message : error}`);
}
process.exit(reports.every(({ passed, failed }) => failed.length === 0 && passed.length > 0) ? 0 : 1);
