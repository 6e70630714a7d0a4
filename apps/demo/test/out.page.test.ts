import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openDemo } from "./support/browser.js";
import { eventually, updates } from "./support/training.js";

test("the exported file gives the same numbers in ONNX Runtime, in the page", async () => {
  const { page, errors } = await openDemo("task=elman-sine&update=2000&view=out");
  await page.getByRole("button", { name: "Run it in ONNX Runtime here" }).click();
  const difference = page.getByTestId("onnx-difference");
  await difference.waitFor();
  expect(Number(await difference.textContent())).toBeLessThanOrEqual(1e-5);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download .onnx" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("elman-sine-2000.onnx");
  expect(readFileSync(await file.path()).length).toBeGreaterThan(300);
  expect(errors).toEqual([]);
});

test("programs are there to copy and to download, and describe what stands on screen", async () => {
  const { page } = await openDemo("task=elman-sine&update=100&view=out");
  const code = page.getByRole("region", { name: "TypeScript program" });
  await code.getByText("update < 100").waitFor();
  await page.getByRole("region", { name: "PyTorch program" }).getByText("nn.RNN").waitFor();
  await page.getByRole("button", { name: "Step", exact: true }).click();
  await code.getByText("update < 101").waitFor();
});

test("parts that do not come are told in plain words, and come when they are asked for again", {
  timeout: 120_000,
}, async () => {
  const { page } = await openDemo("task=sine&hiddenSize=4&update=10&view=memory");
  const context = page.context();
  await eventually(() => updates(page)).toBe(10);
  await context.route("**/assets/**", (route) => route.abort());
  const alerts = page.getByRole("alert");
  const plain = async (words: RegExp): Promise<void> => {
    await alerts.filter({ hasText: words }).waitFor();
    expect(await alerts.allTextContents()).not.toContainEqual(expect.stringMatching(/http|module|\.js/));
  };
  await page.getByLabel("What to learn").selectOption("co2");
  await plain(/A part of this page could not be loaded/);
  await page.getByRole("tab", { name: "Export" }).click();
  await plain(/This view could not be loaded.*choose it again/);
  await context.unroute("**/assets/**");
  await page.getByRole("tab", { name: "Export" }).click();
  await page.getByRole("button", { name: "Run it in ONNX Runtime here" }).waitFor();
  await context.route("**/assets/**", (route) => route.abort());
  await page.getByRole("button", { name: "Run it in ONNX Runtime here" }).click();
  await plain(/ONNX Runtime did not work.*could not be loaded/);
  await context.unroute("**/assets/**");
  await page.getByRole("button", { name: "Run it in ONNX Runtime here" }).click();
  await page.getByTestId("onnx-difference").waitFor();
  await page.getByLabel("What to learn").selectOption("co2");
  await page.getByText("ppm").first().waitFor();
});
