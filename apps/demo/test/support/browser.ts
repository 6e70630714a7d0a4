// Opens the served site in the machine's Chromium.
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright";
import { afterAll, inject } from "vitest";
import { findBrowser } from "../../../../scripts/browser.mjs";

let browser: Promise<Browser> | undefined;

afterAll(async () => {
  await (await browser)?.close();
  browser = undefined;
});

/** A page on the demo, in a context of its own. Errors in the page fail the test that closes it by `expectNoErrors`. */
export async function openDemo(
  hash = "",
  options: BrowserContextOptions = {},
): Promise<{ page: Page; errors: readonly string[] }> {
  browser ??= chromium.launch({
    executablePath: findBrowser() ?? chromium.executablePath(),
    args: ["--no-sandbox", "--enable-unsafe-swiftshader", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
  });
  const context = await (await browser).newContext(options);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(`${inject("site")}${hash && `#${hash}`}`);
  return { page, errors };
}
