// Panels in a frame, as pages of the docs show them.
import { expect, inject, it } from "vitest";
import { openPage } from "./support/browser.js";

const frameOf = (query: string, hash: string): string => `${inject("site")}?${query}#${hash}`;

it("show the asked panels alone, and train in them", async () => {
  const { page, errors } = await openPage(frameOf("embed=loss,prediction", "task=elman-sine"));
  await page.getByRole("heading", { name: "Loss" }).waitFor();
  await page.getByRole("heading", { name: "Prediction and truth" }).waitFor();
  expect(await page.getByRole("tablist").count()).toBe(0);
  expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);
  const controls = page.getByRole("group", { name: "Training" });
  await controls.getByRole("button", { name: "Play" }).click();
  await expect
    .poll(async () => Number(/update (\d+)/.exec((await controls.textContent()) ?? "")?.[1]))
    .toBeGreaterThan(6000);
  await controls.getByRole("button", { name: "Pause" }).click();
  await expect
    .poll(async () => Number(/loss ([\d.e-]+)/.exec((await controls.textContent()) ?? "")?.[1]))
    .toBeLessThan(0.05);
  expect(errors).toEqual([]);
});

it("name a panel that is not there, and a setting that is wrong", async () => {
  const { page } = await openPage(frameOf("embed=loss,picture", "task=elman-sine&hiddenSize=0"));
  const alerts = page.getByRole("alert");
  await expect
    .poll(() => alerts.allInnerTexts())
    .toEqual([expect.stringContaining('There is no panel "picture"'), expect.stringContaining("hiddenSize=0")]);
});

it("lead to the whole demo with the same settings", async () => {
  const { page } = await openPage(frameOf("embed=loss", "task=lstm-windows&seed=3"));
  const link = page.getByRole("link", { name: "Open in the demo" });
  const address = new URL((await link.getAttribute("href")) ?? "", page.url());
  expect(`${address.pathname}${address.search}${address.hash}`).toBe("/#task=lstm-windows&seed=3");
});

it("take the theme of the address, and tell the page around how high they are", async () => {
  const site = new URL(inject("site"));
  const { page } = await openPage(`${site}?embed=by-hand&theme=dark#task=elman-sine`);
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  const heights = await page.evaluate(
    (address) =>
      new Promise<number[]>((resolve) => {
        const seen: number[] = [];
        addEventListener("message", ({ data }) => {
          if (typeof data?.unrolledHeight !== "number") return;
          seen.push(data.unrolledHeight);
          if (data.unrolledHeight > 400) resolve(seen);
        });
        const frame = document.createElement("iframe");
        frame.src = address;
        document.body.append(frame);
      }),
    `${site}?embed=by-hand#task=elman-sine`,
  );
  expect(heights.at(-1)).toBeGreaterThan(400);
});
