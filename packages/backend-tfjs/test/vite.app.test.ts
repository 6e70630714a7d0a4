import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright";
import { build, createServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBrowser, noBrowser } from "../../../scripts/browser.mjs";
import { makeApp } from "./vite-app.js";

const executablePath = findBrowser();
if (executablePath === undefined) console.warn(`Skipped, as ${noBrowser}: the Vite application of backend-tfjs`);

/** With these a page has WebAssembly threads, with which TensorFlow.js does not start once it is minified. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

interface Outcome {
  readonly result?: number[];
  readonly error?: string;
}

describe.skipIf(executablePath === undefined)("an application that Vite serves with no configuration", () => {
  let root: string;
  let browser: Browser;

  beforeAll(async () => {
    root = makeApp();
    browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ["--no-sandbox"] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** Opens the page, expects its product, and returns the wasm files that it fetched. */
  async function expectToRun(address: string | undefined): Promise<string[]> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    const fetched: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("response", (response) => {
      const file = new URL(response.url()).pathname;
      if (file.endsWith(".wasm")) fetched.push(`${response.status()} ${file.split("/").pop()}`);
    });
    await page.goto(address ?? "");
    const outcome = await page
      .waitForFunction(() => (globalThis as { outcome?: Outcome }).outcome, null, { timeout: 50_000 })
      .then(
        (handle) => handle.jsonValue(),
        (error: unknown): Outcome => ({ error: `${error}\n${complaints.join("\n")}` }),
      );
    await page.close();
    expect(outcome?.error).toBeUndefined();
    expect(outcome?.result).toEqual([5, 11, 11, 25]);
    return fetched;
  }

  test.each([false, true])(
    "vite dev finds the wasm files, page isolated: %s",
    { timeout: 60_000 },
    async (isolated) => {
      const server = await createServer({
        root,
        configFile: false,
        logLevel: "error",
        server: { port: 0, host: "127.0.0.1", ...(isolated && { headers: isolation }) },
      });
      await server.listen();
      try {
        const fetched = await expectToRun(server.resolvedUrls?.local[0]);
        expect(fetched).toContainEqual(expect.stringMatching(/^(200|304) tfjs-backend-wasm-simd\.wasm$/));
      } finally {
        await server.close();
      }
    },
  );

  test("vite build puts them beside the scripts", { timeout: 60_000 }, async () => {
    await build({ root, configFile: false, logLevel: "error" });
    const assets = readdirSync(join(root, "dist", "assets"));
    expect(assets.filter((name) => /^tfjs-backend-wasm.*\.wasm$/.test(name)).length).toBe(3);
    for (const isolated of [false, true]) {
      const server = await preview({
        root,
        configFile: false,
        logLevel: "error",
        preview: { port: 0, host: "127.0.0.1", ...(isolated && { headers: isolation }) },
      });
      try {
        const fetched = await expectToRun(server.resolvedUrls?.local[0]);
        expect(fetched).toContainEqual(expect.stringMatching(/^(200|304) tfjs-backend-wasm-simd.*\.wasm$/));
      } finally {
        await server.close();
      }
    }
  });
});
