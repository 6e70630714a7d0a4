// npm run demo:screenshots: pictures of every view at desktop and phone width in both themes, into apps/demo/screenshots.
// A word picks the files that contain it: `-- phone`. --out FOLDER puts them elsewhere, --task ID shows another task.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, servedDemo } from "./served-demo.mjs";

const { values, positionals } = parseArgs({
  options: {
    out: { type: "string", default: join(root, "screenshots") },
    task: { type: "string", default: "" },
    updates: { type: "string", default: "2000" },
  },
  allowPositionals: true,
});

const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };
const themes = ["light", "dark"];

mkdirSync(values.out, { recursive: true });
const { browser, url, close } = await servedDemo();
try {
  const state = new URLSearchParams({ ...(values.task && { task: values.task }), update: values.updates });
  for (const [size, viewport] of Object.entries(sizes)) {
    const page = await browser.newPage({ viewport, reducedMotion: "reduce" });
    await page.goto(`${url}#${state}`);
    await page.locator("progress").waitFor({ state: "detached" });
    await page.getByText(`update ${values.updates}`).first().waitFor();
    const tabs = page.getByRole("tab");
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      for (let i = 0; i < (await tabs.count()); i++) {
        const id = (await tabs.nth(i).getAttribute("id")).replace("tab-", "");
        const name = `${id}-${size}-${theme}.png`;
        if (!positionals.every((word) => name.includes(word))) continue;
        await tabs.nth(i).click();
        await page.getByRole("tabpanel").getByRole("heading").first().waitFor();
        await page.waitForTimeout(800); // charts come one look of the worker later
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({ path: join(values.out, name), fullPage: true });
        console.log(name);
      }
    }
    await page.close();
  }
} finally {
  await close();
}
