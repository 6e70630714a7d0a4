import { runConformance } from "@unrolled/testkit";
import { toyBackend } from "./backend-toy.js";

const report = await runConformance({ name: "toy", backend: toyBackend });
console.log(`more than 2000 passed: ${report.passed.length > 2000}, failed: ${report.failed.length}`);
for (const { name, error } of report.failed) console.log(name, error);
for (const reason of new Set(report.notApplicable.map((left) => left.reason))) console.log("left out:", reason);
