import { expect, test } from "vitest";
import { openDemo } from "./support/browser.js";

test("the page trains, pauses and steps", async () => {
  const { page, errors } = await openDemo();
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByText(/update [1-9]\d{3,}/).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  expect(errors).toEqual([]);
});
