import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openDemo } from "./support/browser.js";

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
