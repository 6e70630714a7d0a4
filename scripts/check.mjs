// npm run check: everything about the repository that is not a test. All checks run, also after one has failed.
import { checkApiReports } from "./api-reports.mjs";
import { gates } from "./gates.mjs";
import { checkLicences } from "./licences.mjs";
import { checkPackedPackages } from "./packed-packages.mjs";
import { checkSizes } from "./sizes.mjs";
import { step } from "./steps.mjs";

if (!(await step("build", gates.build))) process.exit(1);
const passed = [
  await step("types of the tests", gates.types),
  await step("types of the demo", gates.demoTypes),
  await step("format and lint", gates.lint),
  await step("import direction and cycles", gates.imports),
  await step("licence in each package", checkLicences),
  await step("public surface as in api/", checkApiReports),
  await step("sizes of bundles", () => checkSizes()),
  await step("packed packages", checkPackedPackages),
  await step("unused code and dependencies", gates.unused),
];
process.exit(passed.every(Boolean) ? 0 : 1);
