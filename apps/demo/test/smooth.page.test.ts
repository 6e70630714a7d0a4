import { expect, test } from "vitest";
import { heapReader } from "../scripts/measure.mjs";
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
