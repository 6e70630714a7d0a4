// npm run test:slow: tests that train for minutes. One file at a time, as each takes all of a core.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.slow.test.ts", "docs/test/**/*.slow.test.ts"],
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});
