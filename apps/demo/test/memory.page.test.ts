import type { Locator, Page } from "playwright";
import { expect, test } from "vitest";
import { openDemo } from "./support/browser.js";
import { openSession, stateOf } from "./support/session.js";

const nineDigits = (value: number): string => String(Number(value.toPrecision(9))).replace("-", "−");
const panelOf = (page: Page): Locator => page.getByRole("region", { name: "Memory over time" });
const readoutOf = (page: Page): Locator => page.getByRole("group", { name: "Cell under the cursor" });

async function cellOf(
  map: Locator,
  units: number,
  steps: number,
  unit: number,
  step: number,
): Promise<{ x: number; y: number }> {
  const box = await map.boundingBox();
  if (!box) throw new Error("the map is not on screen");
  return { x: ((step + 0.5) * box.width) / steps, y: ((unit + 0.5) * box.height) / units };
}

test("pointer and keys give the number, the unit, the step and the formula in numbers", async () => {
  const settings = { cell: "lstm", hiddenSize: 5, numLayers: 2 };
  const { trace } = await (await openSession(stateOf("elman-sine", settings, 40))).look({ trace: { example: 0 } });
  const numberAt = (layer: number, symbol: string, unit: number, step: number): string =>
    nineDigits(trace!.layers[layer].find((one) => one.symbol === symbol)!.values[step * 5 + unit]);

  const { page, errors } = await openDemo("task=elman-sine&cell=lstm&hiddenSize=5&numLayers=2&update=40&view=memory");
  const panel = panelOf(page);
  const forget = panel.getByRole("application", { name: /^f, forget gate/ });
  await forget.scrollIntoViewIfNeeded();
  await forget.hover({ position: await cellOf(forget, 5, 20, 1, 3) });
  await readoutOf(page)
    .getByText(`f = ${numberAt(0, "f", 1, 3)}`)
    .waitFor();
  await readoutOf(page).getByText("forget gate, unit 2, step 4").waitFor();
  await readoutOf(page)
    .getByText(/^= sigmoid\(0?.*·.*\) = 0\.\d{4}$/)
    .waitFor();

  const state = panel.getByRole("application", { name: /^c, cell state/ });
  await state.focus();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowDown"]) await page.keyboard.press(key);
  await readoutOf(page)
    .getByText(`c = ${numberAt(0, "c", 2, 5)}`)
    .waitFor();
  await page.getByText(/^c, unit 3, step 6: −?\d\.\d{4}$/).waitFor(); // what a screen reader hears
  await page.keyboard.press("End");
  await readoutOf(page).getByText("unit 3, step 20").waitFor();

  await panel.getByRole("combobox", { name: "Layer" }).selectOption("layer 2");
  await readoutOf(page)
    .getByText(`c = ${numberAt(1, "c", 2, 19)}`)
    .waitFor();
  await readoutOf(page)
    .getByText(/^= 0\.\d{4} · .* = −?\d\.\d{4}$/)
    .waitFor();
  expect(errors).toEqual([]);
});

test("a held cell stays while the pointer moves, and follows training", async () => {
  const { page, errors } = await openDemo("task=elman-sine&view=memory");
  const map = panelOf(page).getByRole("application", { name: /^h, hidden state/ });
  await map.scrollIntoViewIfNeeded();
  await map.click({ position: await cellOf(map, 6, 20, 4, 10) });
  await map.hover({ position: await cellOf(map, 6, 20, 1, 2) });
  await readoutOf(page).getByText("unit 5, step 11").waitFor();
  const before = await readoutOf(page).getByText(/^h = /).textContent();
  await page.getByRole("button", { name: "Play" }).click();
  await expect.poll(() => readoutOf(page).getByText(/^h = /).textContent()).not.toBe(before);
  await page.getByRole("button", { name: "Pause" }).click();
  await readoutOf(page).getByText("unit 5, step 11").waitFor();
  expect(errors).toEqual([]);
});

test("the table has the same numbers, and units can be put in order of activity", async () => {
  const { page } = await openDemo("task=elman-sine&update=500&view=memory");
  const { trace } = await (await openSession(stateOf("elman-sine", {}, 500))).look({ trace: { example: 0 } });
  const h = trace!.layers[0][0].values;
  const activity = (unit: number): number =>
    Array.from({ length: 20 }, (_, t) => Math.abs(h[6 * t + unit])).reduce((a, b) => a + b);
  const order = [0, 1, 2, 3, 4, 5].sort((a, b) => activity(b) - activity(a));
  const panel = panelOf(page);
  await panel.getByRole("checkbox", { name: "as a table" }).check();
  await panel.getByRole("combobox", { name: "Order of units" }).selectOption("the most active first");
  await panel.getByRole("combobox", { name: "Step" }).selectOption("step 3");
  await expect
    .poll(() => panel.getByRole("rowheader").allInnerTexts())
    .toEqual(order.map((unit) => `unit ${unit + 1}`));
  const numbers = await panel.getByRole("cell").allInnerTexts();
  expect(numbers).toEqual(order.map((unit) => h[6 * 2 + unit].toFixed(6).replace("-", "−")));
});

test("many units and steps scroll in their own box", async () => {
  const { page } = await openDemo("task=births&cell=lstm&hiddenSize=128&windowLength=200&view=memory", {
    viewport: { width: 360, height: 740 },
  });
  const map = panelOf(page).getByRole("application", { name: /^h, hidden state/ });
  await map.waitFor();
  const size = await map.boundingBox();
  expect(size!.height).toBeGreaterThanOrEqual(3 * 128);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});
