import type { Page } from "playwright";
import { expect, test } from "vitest";
import { openDemo } from "./support/browser.js";

const lossNow = (page: Page): Promise<string | null> => page.getByTestId("loss-now").textContent();
const prediction = (page: Page): ReturnType<Page["getByRole"]> =>
  page.getByRole("region", { name: "Prediction and truth" });

test("a weight that is changed by keys moves prediction and loss; what is no number is refused in words", async () => {
  const { page, errors } = await openDemo("task=elman-sine&update=3000&view=weights");
  const matrix = page.getByRole("application", { name: /^head\.weight/ });
  await matrix.waitFor();
  await expect.poll(() => lossNow(page)).toMatch(/\d/);
  const before = { loss: await lossNow(page), told: await prediction(page).locator("dd").first().textContent() };
  await matrix.focus();
  await matrix.press("Enter");
  const field = page.getByRole("textbox", { name: /New value of head\.weight/ });
  await field.fill("three");
  await field.press("Enter");
  await page.getByRole("alert").getByText("is no number").waitFor();
  await field.press("Escape");
  expect(await field.count()).toBe(0);
  expect(await lossNow(page)).toBe(before.loss);
  await matrix.press("Enter");
  await field.fill("3");
  await field.press("Enter");
  await page
    .getByRole("region", { name: "head.weight" })
    .getByText(/is 3 now\. The loss on the whole series was [\d.]+ before and is [\d.]+ now/)
    .waitFor();
  await expect.poll(() => lossNow(page)).not.toBe(before.loss);
  expect(await prediction(page).locator("dd").first().textContent()).not.toBe(before.told);
  expect(errors).toEqual([]);
});

test("editing while it trains pauses, and says so", async () => {
  const { page, errors } = await openDemo("task=elman-sine&view=weights");
  const matrix = page.getByRole("application", { name: /^recurrent\.weight_hh_l0/ });
  await matrix.waitFor();
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await matrix.click();
  await page.getByText("Training is paused").waitFor();
  await page.getByRole("button", { name: "Play" }).waitFor();
  expect(errors).toEqual([]);
});

test("the start of the free run is dragged and moved by keys", async () => {
  const { page, errors } = await openDemo("task=elman-sine&update=2000");
  const start = page.getByRole("slider", { name: "Start of the free run" });
  await start.waitFor();
  const at = async (): Promise<number> => Number(await start.getAttribute("aria-valuenow"));
  const first = await at();
  await start.focus();
  await start.press("ArrowRight");
  await expect.poll(at).toBe(first + 1);
  const free = prediction(page).locator("dt", { hasText: "free-running" }).locator("xpath=..");
  const told = await free.textContent();
  await start.scrollIntoViewIfNeeded();
  const box = (await start.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 80, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect.poll(at).toBeLessThan(first);
  await expect.poll(() => free.textContent()).not.toBe(told);
  expect(errors).toEqual([]);
});

test("gradients are shown with their ratio in words, and to each input", async () => {
  const { page, errors } = await openDemo("task=adding&update=20&view=gradients");
  const gradients = page.getByRole("region", { name: "Gradients through time" });
  await gradients
    .getByText(/norm at the first step is .* times that at the last/)
    .first()
    .waitFor();
  await gradients.getByRole("application", { name: /Gradient of the output after step 30/ }).press("Home");
  await gradients.getByText(/^Step 1: number [+−].*, mark [+−]/).waitFor();
  expect(errors).toEqual([]);
});
