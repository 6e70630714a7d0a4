import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadOnnx } from "@unrolled/backend-onnx";
import { type Browser, chromium } from "playwright";
import { build, createServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBrowser, noBrowser } from "../../../scripts/browser.mjs";
import { makeApp } from "./vite-app.js";

const model = fileURLToPath(new URL("../../onnx/test/import/models/lstm.onnx", import.meta.url));
const executablePath = findBrowser();
if (executablePath === undefined) console.warn(`Skipped, as ${noBrowser}: the Vite application of backend-onnx`);

/** A page must be isolated for WebAssembly threads; one thread needs nothing. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

interface Outcome {
  readonly result?: { wasm: number[]; graph: number; webgpu: number[] | string; gpu: boolean };
  readonly error?: string;
}

describe.skipIf(executablePath === undefined)("an application that Vite serves with no configuration", () => {
  let root: string;
  let browser: Browser;
  let expected: number[];

  beforeAll(async () => {
    root = makeApp(model);
    const flags = [
      "--no-sandbox",
      "--enable-unsafe-swiftshader",
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
    ];
    browser = await chromium.launch({ ...(executablePath && { executablePath }), args: flags });
    await using session = await loadOnnx(model, { threads: 1 });
    const data = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    expected = Array.from((await session.run({ x: { data, shape: [2, 2, 3] } })).y.data);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function expectToRun(address: string | undefined, threads: number): Promise<void> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`${address}?threads=${threads}`);
    const outcome = await page
      .waitForFunction(() => (globalThis as { outcome?: Outcome }).outcome, null, { timeout: 50_000 })
      .then(
        (handle) => handle.jsonValue(),
        (error: unknown): Outcome => ({ error: `${error}\n${complaints.join("\n")}` }),
      );
    await page.close();
    expect(outcome?.error).toBeUndefined();
    const { wasm, graph, webgpu, gpu } = outcome?.result ?? { wasm: [], graph: 0, webgpu: [], gpu: false };
    expect(graph).toBe(42);
    expectNear(wasm);
    if (gpu) expectNear(webgpu as number[]);
    else expect(webgpu).toBe("BackendError");
  }

  function expectNear(actual: number[]): void {
    expect(actual.length).toBe(expected.length);
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-5);
    });
  }

  test("vite dev finds the wasm files", { timeout: 60_000 }, async () => {
    const server = await createServer({
      root,
      configFile: false,
      logLevel: "error",
      server: { port: 0, host: "127.0.0.1" },
    });
    await server.listen();
    try {
      await expectToRun(server.resolvedUrls?.local[0], 1);
    } finally {
      await server.close();
    }
  });

  test("vite build puts them beside the scripts", { timeout: 60_000 }, async () => {
    await build({ root, configFile: false, logLevel: "error" });
    const assets = readdirSync(join(root, "dist", "assets"));
    expect(assets.filter((name) => /^ort-wasm.*\.wasm$/.test(name)).length).toBe(2);
    for (const threads of [1, 2]) {
      const server = await preview({
        root,
        configFile: false,
        logLevel: "error",
        preview: { port: 0, host: "127.0.0.1", ...(threads > 1 && { headers: isolation }) },
      });
      try {
        await expectToRun(server.resolvedUrls?.local[0], threads);
      } finally {
        await server.close();
      }
    }
  });
});
