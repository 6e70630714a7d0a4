// Runs the kit in a real browser: builds the page with Vite and opens it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright";
import { build, preview } from "vite";
import { findBrowser, noBrowser } from "../browser.mjs";
import { root } from "../steps.mjs";

const flags = [
  "--no-sandbox", // containers, where this often runs, cannot offer it; only the page built here is opened
  "--enable-unsafe-swiftshader",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
];

/**
 * Opens the page and hands over a function that runs one engine there.
 * @template T
 * @param {(run: (name: string) => Promise<unknown>, version: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inBrowser(work) {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error(noBrowser);
  const outDir = mkdtempSync(join(tmpdir(), "unrolled-conformance-"));
  const page = join(root, "scripts", "conformance");
  const shared = { root: page, configFile: /** @type {const} */ (false), logLevel: /** @type {const} */ ("error") };
  await build({ ...shared, build: { outDir, emptyOutDir: true, target: "esnext", minify: false } });
  const server = await preview({ ...shared, build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  const browser = await chromium.launch({ executablePath, args: flags });
  try {
    const tab = await browser.newPage();
    tab.setDefaultTimeout(0);
    await tab.goto(server.resolvedUrls?.local[0] ?? "");
    await tab.waitForFunction("'conform' in globalThis");
    return await work((name) => tab.evaluate(`conform(${JSON.stringify(name)})`), browser.version());
  } finally {
    await browser.close();
    await server.close();
    rmSync(outDir, { recursive: true });
  }
}
