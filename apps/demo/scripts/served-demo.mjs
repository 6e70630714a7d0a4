// The built site, served, and a browser to open it in. DEMO_URL names a site that is served already.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { preview } from "vite";
import { findBrowser } from "../../../scripts/browser.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

export async function servedDemo(args = []) {
  const given = process.env.DEMO_URL;
  if (!given && !existsSync(`${root}dist/index.html`))
    throw new Error("there is no site yet: npm run demo:build makes it");
  const server = given ? null : await preview({ root, logLevel: "warn", preview: { port: 0, host: "127.0.0.1" } });
  const browser = await chromium.launch({
    executablePath: findBrowser() ?? chromium.executablePath(),
    args: ["--no-sandbox", "--enable-unsafe-swiftshader", ...args],
  });
  const close = async () => {
    await browser.close();
    await server?.close();
  };
  return { browser, url: given ?? server.resolvedUrls.local[0], close };
}
