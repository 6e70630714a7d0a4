// Opens the built docs site in a real browser: every live panel of every page has to train.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { preview } from "vite";
import { findBrowser } from "./browser.mjs";
import { root } from "./steps.mjs";

const docs = join(root, "docs");

/** @returns {string[]} pages of the sources that hold a live panel, such as `course/gates` */
function pagesWithPanels() {
  return ["course", "guide", "design"].flatMap((folder) =>
    readdirSync(join(docs, folder))
      .filter((file) => file.endsWith(".md") && readFileSync(join(docs, folder, file), "utf8").includes("<LivePanel"))
      .map((file) => `${folder}/${file.slice(0, -3)}`),
  );
}

/** @param {import("playwright").Page} page @param {string} address @returns {Promise<{ panels: number, problems: string[] }>} */
async function tryPanels(page, address) {
  const problems = /** @type {string[]} */ ([]);
  const onError = (/** @type {Error} */ { message }) => problems.push(`an error: ${message}`);
  page.on("pageerror", onError);
  await page.goto(address);
  const frames = await page.locator(".live-panel iframe").all();
  for (const frame of frames) {
    const title = await frame.getAttribute("title");
    await frame.scrollIntoViewIfNeeded();
    const inside = frame.contentFrame();
    const controls = inside.getByRole("group", { name: "Training" });
    await controls.getByRole("button", { name: "Play" }).click();
    try {
      await controls
        .getByText(/update [1-9]\d+/)
        .first()
        .waitFor({ timeout: 30_000 });
    } catch {
      problems.push(`"${title}" does not train: ${await controls.textContent()}`);
    }
    const alerts = await inside.getByRole("alert").allInnerTexts();
    if (alerts.length > 0) problems.push(`"${title}" says: ${alerts.join("; ")}`);
    const { clientHeight, scrollHeight } = await inside
      .locator("html")
      .evaluate(({ clientHeight, scrollHeight }) => ({ clientHeight, scrollHeight }));
    if (scrollHeight > clientHeight + 4)
      problems.push(`"${title}" is ${clientHeight} px high and needs ${scrollHeight}`);
    await controls.getByRole("button", { name: "Pause" }).click();
  }
  page.off("pageerror", onError);
  return { panels: frames.length, problems };
}

/** @returns {Promise<{ panels: number, problems: string[] } | null>} null: there is no browser to open them in */
export async function tryLivePanels() {
  const executablePath = findBrowser();
  if (executablePath === undefined) return null;
  const server = await preview({
    root: docs,
    configFile: false,
    logLevel: "warn",
    appType: "mpa",
    build: { outDir: ".vitepress/dist" },
    preview: { port: 0, host: "127.0.0.1" },
  });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--enable-unsafe-swiftshader"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    let panels = 0;
    const problems = [];
    for (const name of pagesWithPanels()) {
      const tried = await tryPanels(page, `${server.resolvedUrls?.local[0]}${name}.html`);
      panels += tried.panels;
      problems.push(...tried.problems.map((problem) => `/${name}: ${problem}`));
      if (tried.panels === 0) problems.push(`/${name}: no live panel appears`);
    }
    return { panels, problems };
  } finally {
    await browser.close();
    await server.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tried = await tryLivePanels();
  console.log(
    tried === null
      ? "no browser"
      : [...tried.problems, `${tried.panels} live panels, ${tried.problems.length} problems`].join("\n"),
  );
  process.exit(tried === null || tried.problems.length > 0 ? 1 : 0);
}
