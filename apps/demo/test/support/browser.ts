// Opens the served site in the machine's Chromium.
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright";
import { afterAll, afterEach, inject } from "vitest";
import { findBrowser } from "../../../../scripts/browser.mjs";

let browser: Promise<Browser> | undefined;
let contexts: BrowserContext[] = [];

afterEach(async () => {
  const done = contexts;
  contexts = [];
  await Promise.all(done.map((context) => context.close())); // else its training goes on beside the next test
});

afterAll(async () => {
  await (await browser)?.close();
  browser = undefined;
});

export interface OpenPage {
  readonly page: Page;
  /** Errors in the page so far, for the test to expect none. */
  readonly errors: readonly string[];
}

/** The served demo, in a context of its own. */
export const openDemo = (hash = "", options: BrowserContextOptions = {}): Promise<OpenPage> =>
  openPage(`${inject("site")}${hash && `#${hash}`}`, options);

export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  browser ??= chromium.launch({
    executablePath: findBrowser() ?? chromium.executablePath(),
    args: ["--no-sandbox", "--enable-unsafe-swiftshader", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
  });
  const context = await (await browser).newContext(options);
  contexts.push(context);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}
