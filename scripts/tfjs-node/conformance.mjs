// The conformance kit on the TensorFlow engine.
import { tfjs } from "../../packages/backend-tfjs/dist/index.js";
import { runConformance } from "../../packages/testkit/dist/index.js";

const { cases, passed, failed, skipped, notApplicable } = await runConformance({
  name: "tfjs-tensorflow",
  backend: () => tfjs("tensorflow"),
});
/** @type {Map<string, number>} */
const reasons = new Map();
for (const { reason } of notApplicable) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);

console.log(`  ${cases} cases: ${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`);
for (const { name, reason } of skipped) console.log(`  skipped: ${name} (${reason})`);
for (const [reason, count] of reasons) console.log(`  ${count} do not apply: ${reason}`);
for (const { name, error } of failed)
  console.log(`  FAILED ${name}\n    ${error instanceof Error ? error.message : error}`);
process.exit(failed.length === 0 && passed.length > 1000 ? 0 : 1);
