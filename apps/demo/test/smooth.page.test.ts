import { expect, test } from "vitest";
import { heapReader, mainThreadTasks } from "../scripts/measure.mjs";
import { openDemo } from "./support/browser.js";

test("twenty seconds of training leave the heaps as they were", async () => {
  const { page, errors } = await openDemo("task=sine&view=memory");
  await page.getByRole("button", { name: "Play" }).click();
  const { read } = await heapReader(page);
  await page.waitForTimeout(5000); // code warms up, the curve fills
  const before = await read();
  await page.waitForTimeout(20_000);
  const after = await read();
  const grown = { page: (after.page - before.page) / 2 ** 20, worker: (after.worker - before.worker) / 2 ** 20 };
  expect(grown.page, "megabytes more on the page").toBeLessThan(4);
  expect(grown.worker, "megabytes more in the worker").toBeLessThan(4);
  expect(errors).toEqual([]);
  await page.context().close();
});

test.each(["elman-sine", "births"])(
  "no task of the page's main thread takes 50 ms while it trains on %s",
  async (task) => {
    const { page } = await openDemo(`task=${task}`);
    await page.getByRole("button", { name: "Play" }).click();
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      await page.waitForTimeout(1500); // the view loads
      const tasks = await mainThreadTasks(page, 2);
      expect(tasks.length, "tasks were seen").toBeGreaterThan(20);
      expect.soft(tasks[0], `longest in ${await tab.textContent()}`).toBeLessThan(50);
    }
    await page.context().close();
  },
);

test("nor with all units by hand", async () => {
  const { page } = await openDemo("task=names&hiddenSize=16&cell=lstm&view=by-hand");
  await page.getByRole("combobox", { name: "Unit", exact: true }).selectOption({ label: "all units" });
  await expect.poll(() => page.getByRole("heading", { name: /^Unit \d+$/ }).count()).toBe(16);
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForTimeout(1000);
  const tasks = await mainThreadTasks(page, 3);
  expect(tasks.length, "tasks were seen").toBeGreaterThan(20);
  expect(tasks[0]).toBeLessThan(50);
  await page.context().close();
});
