import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { browserTestFiles, findBrowser, noBrowser } from "./scripts/browser.mjs";

/** For tests that hang; slow machines are no failure. */
const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

// Packages are tested as their users get them: the built dist, loaded by Node itself.
const node: TestProjectInlineConfiguration = {
  test: {
    ...limits,
    name: "node",
    include: ["packages/*/test/**/*.test.ts", "docs/test/**/*.test.ts", "apps/bench/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.browser.test.ts", "**/*.slow.test.ts"],
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
  },
};

const chromiumFlags = [
  "--no-sandbox", // containers, where tests often run, cannot offer it; only this repository's own pages are opened
  "--enable-unsafe-swiftshader",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

function browser(executablePath: string): TestProjectInlineConfiguration {
  return {
    // ONNX Runtime finds its wasm files beside its own module, which pre-bundling would move.
    optimizeDeps: {
      exclude: ["onnxruntime-web"],
      include: ["@unrolled/onnx > @bufbuild/protobuf", "@unrolled/onnx > onnx-buf"],
    },
    server: {
      // Without these two there is no SharedArrayBuffer, hence no WebAssembly threads.
      headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    },
    test: {
      ...limits,
      name: "browser",
      include: ["packages/*/test/**/*.browser.test.ts"],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: chromiumFlags } }),
        instances: [{ browser: "chromium" }],
      },
    },
  };
}

// The demo's training runs in Node as well; its page is built once, served, and opened in a real browser.
const demoSession: TestProjectInlineConfiguration = {
  test: {
    ...limits,
    name: "demo",
    include: ["apps/demo/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.page.test.ts"],
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
  },
};

const demoPage: TestProjectInlineConfiguration = {
  test: {
    ...limits,
    name: "demo page",
    include: ["apps/demo/test/**/*.page.test.ts"],
    globalSetup: "apps/demo/test/support/serve-site.ts",
    fileParallelism: false, // each page trains on a core of its own
  },
};

function projects(): TestProjectInlineConfiguration[] {
  const executablePath = findBrowser();
  if (executablePath !== undefined) return [node, demoSession, browser(executablePath), demoPage];
  const files = browserTestFiles();
  if (files.length > 0) console.warn(`Skipped, as ${noBrowser}:\n${files.map((file) => `  ${file}\n`).join("")}`);
  return [node, demoSession];
}

export default defineConfig({ test: { projects: projects() } });
