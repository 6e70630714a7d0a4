import { expect, test } from "vitest";
import { openDemo } from "./support/browser.js";

const view = "view=by-hand";

test("the tutorial's step on paper: its printed weights give its prediction", async () => {
  const { page, errors } = await openDemo(`task=rnn-subsequences&${view}`, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const panel = page.getByRole("region", { name: "Step by hand" });
  await page.getByRole("button", { name: "Load the tutorial’s weights" }).click();
  await panel.getByRole("combobox", { name: "Unit" }).selectOption("unit 4");
  for (let step = 1; step < 6; step++) await panel.getByRole("button", { name: "Next step" }).click();
  await panel.getByText("Step 6 of 6 (value 21 of the series)").waitFor();
  const unit = panel.getByRole("region", { name: "Unit 4 by hand" });
  await unit.getByText("−1.25965000").waitFor();
  await unit.getByText("the network, which does not round: −0.663159").waitFor();
  const weights = await unit.getByRole("row", { name: /weight_hh_l0, row 4, column/ }).allInnerTexts();
  expect(weights.map((row) => row.split("\t")[2].trim())).toEqual(["0.5429", "0.8763", "0.4217", "−1.3401"]);

  await panel.getByRole("button", { name: "Copy as text" }).click();
  await panel.getByText("Copied.").waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  const expressions = text.split("\n").filter((line) => line.startsWith("  = "));
  const [products, sum, result] = expressions.map(
    (line) => new Function("tanh", `return ${line.slice(4)}`)(Math.tanh) as number,
  );
  expect(expressions[0]).toContain("-0.5000 * 2.5193");
  expect(sum).toBeCloseTo(products, 5);
  expect(result).toBeCloseTo(products, 5);
  expect(text).toContain("(in the network, unrounded: -0.663159)");

  await panel.getByRole("combobox", { name: "Digits" }).selectOption("all digits");
  await panel.getByText(/^prediction = −0\.66315\d+$/).waitFor();
  await panel.getByRole("button", { name: "Previous step" }).click();
  await panel.getByText("Step 5 of 6 (value 20 of the series)").waitFor();
  expect(errors).toEqual([]);
});

test("an LSTM goes gate by gate, and long sums unfold", async () => {
  const { page, errors } = await openDemo(`task=elman-sine&cell=lstm&hiddenSize=32&numLayers=2&${view}`);
  const panel = page.getByRole("region", { name: "Step by hand" });
  for (const gate of ["input gate", "forget gate", "candidate", "output gate", "new cell state", "new hidden state"])
    await panel.getByRole("region", { name: `${gate} of unit 1`, exact: true }).waitFor();
  await panel.getByText("The new hidden state h′ goes on to layer 2").waitFor();
  await panel.getByRole("combobox", { name: "Layer" }).selectOption("layer 2");
  await panel.getByText("x is the new hidden state of layer 1 in this step").waitFor();
  const forget = panel.getByRole("region", { name: "forget gate of unit 1", exact: true });
  expect(await forget.getByRole("row", { name: /weight_ih_l1, row 33/ }).count()).toBe(4);
  await forget
    .getByRole("button", { name: /28 more products/ })
    .first()
    .click();
  expect(await forget.getByRole("row", { name: /weight_ih_l1, row 33/ }).count()).toBe(32);
  await panel.getByRole("button", { name: "Show unit 7", exact: true }).click();
  await panel.getByRole("region", { name: "Unit 7 by hand" }).waitFor();
  await panel.getByRole("region", { name: "Readout by hand" }).waitFor();
  expect(errors).toEqual([]);
});

test("nothing is wider than a phone", async () => {
  const { page } = await openDemo(`task=elman-sine&cell=gru&hiddenSize=64&${view}`, {
    viewport: { width: 360, height: 740 },
  });
  await page.getByRole("region", { name: "Unit 1 by hand" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});
