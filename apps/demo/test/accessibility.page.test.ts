import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { openDemo } from "./support/browser.js";

const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };

/** What axe finds serious or critical, as lines to read. */
async function seriousViolations(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(
    (): Promise<AxeResults> => (window as unknown as { axe: typeof import("axe-core") }).axe.run(document),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}\n${failureSummary}`),
    );
}

/** Controls that a finger could miss. A checkbox is touched by its label; a word in a text is as high as its line. */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const controls = document.querySelectorAll<HTMLElement>("button:not(.term), select, input, summary, [role=tab]");
    return [...controls]
      .map(
        (control) =>
          (control.matches("[type=checkbox], [type=radio], [type=range]") && control.closest("label")) || control,
      )
      .filter((control) => control.checkVisibility() && !control.closest(".sr-only"))
      .map((control) => ({ control, height: control.getBoundingClientRect().height }))
      .filter(({ height }) => height > 0 && height < 39.5)
      .map(({ control, height }) => `${height} px: ${control.outerHTML.slice(0, 160)}`);
  });

const widerThanTheScreen = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const skippedHeadings = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((one) => one.checkVisibility());
    const level = (one: Element | undefined): number => Number(one?.tagName[1] ?? 0);
    return headings
      .filter((one, i) => level(one) > level(headings[i - 1]) + 1)
      .map((one) => one.outerHTML.slice(0, 100));
  });

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`every view is in order: ${size}, ${colorScheme}`, async () => {
      const { page, errors } = await openDemo("update=200", { viewport, colorScheme, reducedMotion: "reduce" });
      await page.addScriptTag({ path: axeFile });
      await page.getByText("update 200", { exact: true }).waitFor();
      await page.evaluate(() => {
        for (const fold of document.querySelectorAll("details")) fold.open = true;
      });
      for (const tab of await page.getByRole("tab").all()) {
        const name = (await tab.textContent()) ?? "";
        await tab.click();
        await page.getByRole("tabpanel").getByRole("heading").first().waitFor();
        await page.waitForTimeout(300);
        const found = {
          axe: await seriousViolations(page),
          small: size === "phone" ? await smallTargets(page) : [],
          wider: await widerThanTheScreen(page),
          headings: await skippedHeadings(page),
        };
        expect.soft(found, `${name.trim()}`).toEqual({ axe: [], small: [], wider: 0, headings: [] });
      }
      expect(errors).toEqual([]);
      await page.context().close();
    });
  }
}

test("each kind of task is in order, on a phone too", async () => {
  const { page } = await openDemo("", { viewport: sizes.phone });
  await page.addScriptTag({ path: axeFile });
  const picker = page.getByLabel("What to learn");
  const tasks = await picker
    .locator("option")
    .evaluateAll((options) => options.map((one) => (one as HTMLOptionElement).value));
  for (const task of tasks) {
    await picker.selectOption(task);
    await page.getByRole("button", { name: "Play" }).and(page.locator(":enabled")).waitFor();
    await page.waitForTimeout(300);
    const found = { axe: await seriousViolations(page), wider: await widerThanTheScreen(page) };
    expect.soft(found, task).toEqual({ axe: [], wider: 0 });
  }
  await page.context().close();
});

test("the help explains keys and words, and the keys can be switched off", async () => {
  const { page } = await openDemo();
  await page.addScriptTag({ path: axeFile });
  const play = page.getByRole("button", { name: "Play" });
  await play.and(page.locator(":enabled")).waitFor();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Help" });
  await help.waitFor();
  expect(await seriousViolations(page)).toEqual([]);
  await help.getByRole("checkbox").uncheck();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("Space");
  await page.waitForTimeout(300);
  expect(await play.isVisible()).toBe(true);
  await page.reload();
  await play.and(page.locator(":enabled")).waitFor();
  await page.keyboard.press("?");
  await page.waitForTimeout(300);
  expect(await help.count()).toBe(0);
  await page.context().close();
});

test("everything can be done by keyboard", async () => {
  const { page, errors } = await openDemo();
  const play = page.getByRole("button", { name: "Play" });
  const pause = page.getByRole("button", { name: "Pause" });
  await play.and(page.locator(":enabled")).waitFor();

  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Skip/);
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");

  await page.keyboard.press("Tab");
  expect(await play.evaluate((button) => button === document.activeElement)).toBe(true);
  await page.keyboard.press("Enter");
  await pause.waitFor();
  expect(await pause.evaluate((button) => button === document.activeElement)).toBe(true);
  await page.keyboard.press("Enter");
  await play.waitFor();

  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("r");
  await page.getByText("update 0", { exact: true }).first().waitFor();
  await page.keyboard.press("ArrowRight");
  await page.getByText("update 1", { exact: true }).first().waitFor();
  await page.keyboard.press("s");
  await page.getByText("update 2", { exact: true }).first().waitFor();
  await page.keyboard.press("Space");
  await pause.waitFor();
  await page.keyboard.press("Space");
  await play.waitFor();

  const tabs = page.getByRole("tab");
  await tabs.first().focus();
  await page.keyboard.press("End");
  expect(await tabs.last().getAttribute("aria-selected")).toBe("true");
  expect(page.url()).toContain(`view=${(await tabs.last().getAttribute("id"))?.replace("tab-", "")}`);
  await page.keyboard.press("ArrowRight");
  expect(await tabs.first().getAttribute("aria-selected")).toBe("true");

  const units = page.getByLabel("Hidden units");
  await units.focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("8");
  await page.keyboard.press("Tab");
  await page.getByText(/^80 weights/).waitFor(); // 8 + 64 + 8, without biases
  expect(errors).toEqual([]);
  await page.context().close();
});

test("letters typed into a field are no shortcuts", async () => {
  const { page } = await openDemo("update=50");
  await page.getByRole("button", { name: "Play" }).and(page.locator(":enabled")).waitFor();
  await page.getByLabel("Seed").focus();
  await page.keyboard.type("rs ?");
  await page.waitForTimeout(300);
  expect(await page.getByText("update 50", { exact: true }).isVisible()).toBe(true);
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.context().close();
});

test("the chosen colours are remembered", async () => {
  const { page } = await openDemo("", { colorScheme: "light" });
  const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByLabel("Colours", { exact: true }).selectOption("dark");
  expect(await background()).not.toBe(light);
  await page.reload();
  expect(await background()).not.toBe(light);
  await page.getByLabel("Colours", { exact: true }).selectOption("auto");
  expect(await background()).toBe(light);
  await page.context().close();
});
