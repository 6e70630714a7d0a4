// The tasks as a reader meets them: chosen, trained, compared with the tutorial, drawn, dropped.
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { tasks } from "../src/tasks/index.js";
import { openDemo } from "./support/browser.js";

/** The number after a word in the line under the controls. */
async function readOut(page: Page, name: "update" | "loss"): Promise<number> {
  const text =
    (await page
      .getByText(new RegExp(`^${name} [\\d.]+$`))
      .first()
      .textContent()) ?? "";
  return Number(text.replace(name, ""));
}

async function untilUpdate(page: Page, least: number): Promise<void> {
  await expect
    .poll(() => readOut(page, "update").catch(() => 0), { timeout: 55_000, interval: 200 })
    .toBeGreaterThanOrEqual(least);
}

test.each(tasks.map(({ id, title, goal }) => ({ id, title, goal })))(
  "$id trains to its goal in the page",
  async ({ id, goal }) => {
    const { page, errors } = await openDemo(`task=${id}&update=${goal.updates}`);
    await untilUpdate(page, goal.updates);
    expect(await readOut(page, "loss")).toBeLessThan(goal.loss);
    expect(errors).toEqual([]);
    await page.context().close();
  },
);

test("a task is chosen from its group, and its numbers start training anew", async () => {
  const { page, errors } = await openDemo();
  await page.getByLabel("What to learn").selectOption({ label: "Two sines, added" });
  await page.getByText("Two waves of different lengths").waitFor();
  await page.getByRole("button", { name: "Play" }).click();
  await untilUpdate(page, 10);
  await page.getByRole("button", { name: "Pause" }).click();
  const period = page.getByLabel("Second period (points)");
  await period.fill("1");
  await period.blur();
  await page.getByText("From 4 to 200").waitFor();
  await period.fill("30");
  await period.blur();
  await expect.poll(() => readOut(page, "update")).toBe(0);
  await page.getByText("From 4 to 200").waitFor({ state: "hidden" });
  expect(errors).toEqual([]);
});

test("the listing fills in; with the tutorial's weights its first prediction is the tutorial's", async () => {
  const { page, errors } = await openDemo("task=rnn-subsequences");
  const row = (name: RegExp) => page.getByRole("row", { name });
  await row(/Epoch: 20000, Loss 0.0006 not there yet/).waitFor();
  await page.getByRole("button", { name: "Load the tutorial" }).click();
  await row(/prediction 1, step 22 −0.663176 −0.66315\d .*off by 0.00/).waitFor();
  await row(/prediction 10, step 31 −0.803619 −0.8035/).waitFor();
  await page.getByLabel("all digits").check();
  await row(/prediction 1, step 22 −0.6631757020950317/).waitFor();
  expect(errors).toEqual([]);
});

test("Elman's printed losses stand beside those of this run", async () => {
  const { page } = await openDemo("task=elman-sine&update=420");
  await page.getByRole("row", { name: /Epoch: 10 loss 0.102647 \d/ }).waitFor();
  await page.getByRole("row", { name: /Epoch: 290 loss 0.00517499 not there yet/ }).waitFor();
});

test("a line is drawn with the mouse and with keys, and learned", async () => {
  const { page, errors } = await openDemo("task=own");
  const paper = page.getByRole("slider", { name: /Line to draw/ });
  await paper.scrollIntoViewIfNeeded();
  const box = (await paper.boundingBox())!;
  await page.mouse.move(box.x + 1, box.y + box.height / 4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 4, { steps: 5 });
  await page.mouse.up();
  await paper.focus();
  await page.keyboard.press("Home");
  expect(await paper.getAttribute("aria-valuetext")).toMatch(/^point 1 of 160: (0.9|1.0)/);
  await page.keyboard.press("ArrowRight");
  for (let i = 0; i < 4; i++) await page.keyboard.press("Shift+ArrowUp");
  expect(await paper.getAttribute("aria-valuetext")).toMatch(/^point 2 of 160: 2.00/);
  await page.getByRole("button", { name: "Learn this line" }).click();
  await untilUpdate(page, 20);
  await page.getByText("Learning “your drawing”, 160 values.").waitFor();
  expect(errors).toEqual([]);
});

test("a CSV with a bad row is dropped: its row is named, the rest is learned; a hopeless one is refused", async () => {
  const { page, errors } = await openDemo("task=own");
  await page.getByLabel("Paste or drop it").check();
  const drop = async (name: string, text: string): Promise<void> => {
    const data = await page.evaluateHandle(
      ([title, content]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content], title, { type: "text/csv" }));
        return transfer;
      },
      [name, text] as const,
    );
    await page.getByLabel(/Paste numbers or CSV text/).dispatchEvent("drop", { dataTransfer: data });
  };
  await drop("short.csv", "day,height\n1,2\n2,3\n");
  await page.getByText("short.csv cannot be used:").waitFor();
  await page.getByText("give 20 or more").waitFor();
  const rows = Array.from({ length: 60 }, (_, i) => `${i + 1},${i === 10 ? "oops" : Math.sin(i / 4).toFixed(3)}`);
  await drop("waves.csv", `day,height\n${rows.join("\n")}\n`);
  await page.getByText("60 values", { exact: true }).waitFor();
  await page.getByText(/Row 12:.*"oops" is not a number; filled in/).waitFor();
  await page.getByRole("button", { name: "Learn these values" }).click();
  await untilUpdate(page, 20);
  await page.getByText("Learning “waves.csv”, 60 values.").waitFor();
  expect(errors).toEqual([]);
});

test("names are made up while it trains, others at a press", async () => {
  const { page, errors } = await openDemo("task=names&update=100");
  const names = page.getByRole("list", { name: "Names made up" }).getByRole("listitem");
  await expect.poll(() => names.count(), { timeout: 30_000 }).toBe(12);
  const before = await names.allTextContents();
  await page.getByRole("button", { name: "Other names" }).click();
  await expect.poll(() => names.allTextContents()).not.toEqual(before);
  expect(errors).toEqual([]);
});

test.each([
  ["sine", "const raw = sine({"],
  ["parity", "= parity({"],
  ["births", "const raw = usBirths()"],
])("%s: code names the functions of the library in the minified site too", async (task, line) => {
  const { page } = await openDemo(`task=${task}&view=out`);
  await page.getByRole("region", { name: "TypeScript program" }).getByText(line).waitFor();
  await page.context().close();
});

test("a series of one value in every row is drawn and learned", async () => {
  const { page, errors } = await openDemo("task=own");
  await page.getByLabel("Paste or drop it").check();
  await page.getByLabel(/Paste numbers/).fill(Array.from({ length: 50 }, () => "7").join("\n"));
  await page.getByRole("button", { name: "Read the text" }).click();
  await page.getByText("Every row was read as it stands").waitFor();
  await page.getByRole("button", { name: "Learn these values" }).click();
  await untilUpdate(page, 50);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText(/^Start, 40: truth 7;/).waitFor();
  expect(errors).toEqual([]);
});

test("rows that can be read in two ways are asked about", async () => {
  const { page, errors } = await openDemo("task=own");
  await page.getByLabel("Paste or drop it").check();
  await page.getByLabel(/Paste numbers/).fill(Array.from({ length: 60 }, (_, i) => `${i},5`).join("\n"));
  await page.getByRole("button", { name: "Read the text" }).click();
  const read = page.getByRole("group", { name: "What was read" });
  await read.getByText("from 0.5 to 59.5").waitFor();
  await read.getByLabel("The comma in each row is").selectOption({ label: "between two columns" });
  await read.getByText("from 5 to 5").waitFor();
  await read.getByText(/no row of names/).waitFor();
  expect(errors).toEqual([]);
});
