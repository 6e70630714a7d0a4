// The checks that `npm test` and `npm run check` share. Each returns its exit code and what it printed.
import { join } from "node:path";
import { build, root, run } from "./steps.mjs";

export const gates = {
  build: () => build(),
  types: () => run("tsc", ["--project", "tsconfig.tests.json"]),
  demoTypes: () => run("vue-tsc", ["--noEmit"], { cwd: join(root, "apps", "demo") }),
  lint: async () => {
    const { code, output } = await run("biome", ["check", "--error-on-warnings", "."]);
    return { code, output: `${output}\nremedy: npm run format, which also says what it cannot mend` };
  },
  imports: () => run("depcruise", ["--config", ".dependency-cruiser.mjs", "--output-type", "err", "packages"]),
  unused: () => run("knip", ["--no-progress", "--no-config-hints"]),
};
