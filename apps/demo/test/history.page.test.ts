import type { Page } from "playwright";
import { expect, test } from "vitest";
import { valuesToText } from "../src/session/series-text.js";
import { openDemo, openPage } from "./support/browser.js";
import { controls, eventually, figures, play, updates } from "./support/training.js";

const start = "task=sine&hiddenSize=4&update=30&view=weights";

const weight = (page: Page) => page.getByRole("region", { name: "head.weight" });

/** How far training is, its loss, and the weights of the readout. */
async function numbers(page: Page): Promise<string> {
  return JSON.stringify([await figures(page), await weight(page).textContent()]);
}

async function settled(page: Page, update: number): Promise<string> {
  await eventually(() => updates(page)).toBe(update);
  await weight(page).waitFor();
  await eventually(() => page.url()).toMatch(new RegExp(`update=${update}(?!\\d)`));
  return numbers(page);
}

async function editWeight(page: Page, value: string): Promise<void> {
  await weight(page).locator(".map").focus();
  await page.keyboard.press("Enter");
  await page.getByLabel(/New value of head.weight/).fill(value);
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await eventually(() => page.url()).toContain(`*${value}`);
}

async function step(page: Page, choice: string): Promise<void> {
  await controls(page).getByRole("combobox").selectOption(choice);
  await controls(page).getByRole("button", { name: "Step", exact: true }).click();
}

test("a reload, and the link in another tab, lead to the same numbers", { timeout: 120_000 }, async () => {
  const { page, errors } = await openDemo(start);
  await settled(page, 30);
  await editWeight(page, "0.75");
  await step(page, "10");
  await settled(page, 40);
  await page.getByRole("spinbutton", { name: "Learning rate" }).fill("0.003");
  await page.keyboard.press("Enter");
  await eventually(() => page.url()).toContain("0.003");
  await step(page, "10");
  const before = await settled(page, 50);
  await page.reload();
  expect(await settled(page, 50)).toBe(before);
  const other = await openPage(page.url());
  expect(await settled(other.page, 50)).toBe(before);
  expect(await other.page.getByRole("spinbutton", { name: "Learning rate" }).inputValue()).toBe("0.003");
  expect([...errors, ...other.errors]).toEqual([]);
});

test("a weight edit is undone and redone, by button, by key and by the browser", { timeout: 120_000 }, async () => {
  const { page, errors } = await openDemo(start);
  const before = await settled(page, 30);
  await editWeight(page, "2.5");
  await step(page, "10");
  const after = await settled(page, 40);
  expect(after).not.toBe(before);

  await page.getByRole("button", { name: "Undo" }).click();
  expect(await settled(page, 30)).toBe(before);
  await page.getByRole("button", { name: "Redo" }).click();
  expect(await settled(page, 40)).toBe(after);

  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("Control+z");
  expect(await settled(page, 30)).toBe(before);
  await page.keyboard.press("Control+Shift+z");
  expect(await settled(page, 40)).toBe(after);

  await page.goBack();
  expect(await settled(page, 30)).toBe(before);
  await page.goForward();
  expect(await settled(page, 40)).toBe(after);

  await page.getByRole("spinbutton", { name: "Hidden units" }).focus();
  await page.keyboard.press("Control+z");
  await page.waitForTimeout(500);
  expect(await settled(page, 40)).toBe(after);
  expect(errors).toEqual([]);
});

test("back goes to the task before, with its numbers", { timeout: 120_000 }, async () => {
  const { page, errors } = await openDemo(start);
  await step(page, "10");
  const before = await settled(page, 40);
  await page.getByRole("combobox", { name: "What to learn" }).selectOption("elman-sine");
  await eventually(() => page.url()).toContain("task=elman-sine");
  await page.getByRole("combobox", { name: "Cell" }).selectOption("gru");
  await eventually(() => page.url()).toContain("cell=gru");
  await page.goBack();
  await eventually(() => page.getByRole("combobox", { name: "Cell" }).inputValue()).toBe("rnn");
  await page.goBack();
  await eventually(() => page.getByRole("combobox", { name: "What to learn" }).inputValue()).toBe("sine");
  expect(await settled(page, 40)).toBe(before);
  expect(await page.getByRole("button", { name: "Undo" }).isDisabled()).toBe(true);
  expect(errors).toEqual([]);
});

test("while it trains, the address follows", { timeout: 60_000 }, async () => {
  const { page } = await openDemo("task=elman-sine");
  await play(page);
  await eventually(() => page.url()).toMatch(/update=\d{2,}/);
  await controls(page).getByRole("button", { name: "Pause" }).click();
  await eventually(async () => page.url().includes(`update=${await updates(page)}`)).toBe(true);
  expect(await page.getByRole("button", { name: "Undo" }).isDisabled()).toBe(true);
});

test("a link with mistakes is followed as far as it goes, and says what was wrong", async () => {
  const { page, errors } = await openDemo("task=sine&hiddenSize=100000&lr=fast&change=5*x&wings=2&update=10");
  const said = page.getByRole("status", { name: "About this link" });
  await said.waitFor();
  for (const words of ["hiddenSize=100000", "from 1 to 256", "lr=fast", "wings=2"])
    expect(await said.textContent()).toContain(words);
  expect(await page.getByRole("spinbutton", { name: "Hidden units" }).inputValue()).toBe("16");
  await eventually(() => updates(page)).toBe(10);
  await said.getByRole("button", { name: "Dismiss" }).click();
  expect(await said.count()).toBe(0);
  expect(errors).toEqual([]);
});

test("windows that are too long for the series cost nothing else of a link", async () => {
  const { page } = await openDemo(
    "task=sine&task.length=100&windowLength=300&hiddenSize=5&update=30&change=20*lr*0.02",
  );
  await page.getByText(/windowLength=300: windows of 300 .* do not fit .* It is 24 now\./).waitFor();
  await eventually(() => page.getByRole("spinbutton", { name: "Window" }).inputValue()).toBe("24");
  await eventually(() => updates(page)).toBe(30);
  expect(await page.getByRole("spinbutton", { name: "Hidden units" }).inputValue()).toBe("5");
  expect(page.url()).toMatch(/task.length=100.*change=20\*lr\*0.02/);

  const values = Float32Array.from({ length: 60 }, (_, i) => i % 7);
  const own = new URLSearchParams({ task: "own", windowLength: "300", series: "mine", values: valuesToText(values) });
  await page.goto(`${page.url().replace(/[?#].*/, "")}?own#${own}`);
  await page.getByText(/windowLength=300: .* It is 12 now\./).waitFor();
  expect(page.url()).toContain(`values=${valuesToText(values)}`);
});

test("a number out of bounds is told under its field and goes no further", async () => {
  const { page } = await openDemo(start);
  const before = await settled(page, 30);
  const field = page.getByRole("spinbutton", { name: "Hidden units" });
  for (const wrong of ["0", "2.5", "", "9999"]) {
    await field.fill(wrong);
    await page.keyboard.press("Enter");
    await page.getByText("Give a whole number from 1 to 256.").waitFor();
    expect(await field.getAttribute("aria-invalid")).toBe("true");
  }
  expect(await settled(page, 30)).toBe(before);
  await field.fill("7");
  await page.keyboard.press("Enter");
  await eventually(() => page.url()).toContain("hiddenSize=7");
  expect(await field.getAttribute("aria-invalid")).toBe("false");
});

test("the link is copied, and that is said", async () => {
  const { page } = await openDemo(start, { permissions: ["clipboard-read", "clipboard-write"] });
  await settled(page, 30);
  await page.getByRole("button", { name: "Share link" }).click();
  await page.getByRole("status").filter({ hasText: "The link has been copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
});

test("a series too long for a link stays with its tab", { timeout: 120_000 }, async () => {
  const { page } = await openDemo("task=own");
  const values = Array.from({ length: 3000 }, (_, i) => Math.sin(i / 9).toFixed(5)).join("\n");
  await page.getByLabel("Paste or drop it").check();
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles({ name: "long.csv", mimeType: "text/csv", buffer: Buffer.from(`value\n${values}\n`) });
  await page.getByRole("button", { name: "Learn these values" }).click();
  await page.getByText(/3000 values, too many for a link/).waitFor();
  expect(page.url().length).toBeLessThan(400);
  await page.reload();
  await page.getByText(/3000 values, too many for a link/).waitFor();
  const elsewhere = await openPage(page.url());
  await elsewhere.page.getByText(/drop the file once more/).waitFor();
});

test("the note about a link moves nothing on the page", async () => {
  const { page } = await openDemo("", { permissions: ["clipboard-read", "clipboard-write"] });
  const places = async () =>
    Promise.all(
      [page.getByRole("button", { name: "Undo" }), page.getByRole("button", { name: "Play" })].map((one) =>
        one.boundingBox(),
      ),
    );
  await page.getByRole("tablist").waitFor();
  const before = await places();
  await page.getByRole("button", { name: "Share link" }).click();
  await page.getByText(/The link has been copied/).waitFor();
  expect(await places()).toEqual(before);
  await page.getByRole("button", { name: "Close the note" }).click();
  await page.getByText(/The link has been copied/).waitFor({ state: "hidden" });
});

test("what a screen reader is told of a pause is what stands on the page, and another task forgets it", async () => {
  const { page } = await openDemo("task=elman-sine");
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForTimeout(800);
  await page.getByRole("button", { name: "Pause" }).click();
  const told = page.getByText(/^Paused at update \d+/);
  await told.waitFor({ state: "attached" });
  const update = /\d+/.exec((await told.textContent()) ?? "")?.[0];
  await page.getByText(`update ${update}`, { exact: true }).waitFor();
  await page.getByLabel("What to learn").selectOption({ label: "Odd or even" });
  await page.getByText(/updates\/s –/).waitFor();
  await expect.poll(() => told.count()).toBe(0);
});

test("a long way to the numbers of a link can be left, and every click on Step counts", {
  timeout: 60_000,
}, async () => {
  const { page, errors } = await openDemo("task=names&update=1000000&view=weights");
  await page.getByRole("button", { name: "Stop here" }).click();
  await controls(page).getByRole("button", { name: "Play" }).waitFor();
  await eventually(() => page.getByRole("button", { name: "Stop here" }).count()).toBe(0);
  const reached = await updates(page);
  expect(reached).toBeLessThan(1_000_000);
  const button = controls(page).getByRole("button", { name: "Step", exact: true });
  for (let i = 0; i < 20; i++) await button.click({ delay: 10 });
  await eventually(() => updates(page)).toBe(reached + 20);
  expect(errors).toEqual([]);
});
