import type { Locator, Page } from "playwright";
import { expect, test } from "vitest";
import { openDemo } from "./support/browser.js";
import { eventually, figures, play, updates } from "./support/training.js";

const engine = (page: Page, name: string): Locator =>
  page.getByRole("group", { name: "Engine" }).getByRole("button", { name });

const loss = async (page: Page): Promise<number> => Number((await figures(page)).loss);

const pressed = (button: Locator): Promise<string | null> => button.getAttribute("aria-pressed");

test.each(["CPU, compiled step", "TensorFlow.js WASM", "TensorFlow.js WebGL", "ONNX Runtime, compiled step"])(
  "%s takes over in the middle of training, and the curve goes on",
  { timeout: 180_000 },
  async (name) => {
    const { page, errors } = await openDemo("task=elman-sine&update=3000");
    await play(page);
    await eventually(() => updates(page)).toBeGreaterThan(3000);
    const button = engine(page, name);
    await button.click();
    await eventually(() => pressed(button)).toBe("true");
    await expect.poll(() => button.textContent(), { timeout: 120_000 }).toMatch(/updates\/s/);
    const atSwap = await updates(page);
    expect(atSwap).toBeGreaterThan(3000);
    await eventually(() => updates(page)).toBeGreaterThan(atSwap);
    expect(await loss(page)).toBeLessThan(0.01); // a model that began anew would be at 0.5
    await engine(page, "CPU").first().click();
    await eventually(() => pressed(engine(page, "CPU").first())).toBe("true");
    const back = await updates(page);
    await eventually(() => updates(page)).toBeGreaterThan(back + 1000);
    expect(await loss(page)).toBeLessThan(0.01);
    await eventually(() => engine(page, "CPU").first().textContent()).toMatch(/updates\/s/);
    expect(errors).toEqual([]);
  },
);

test.each(["TensorFlow.js WASM", "ONNX Runtime, compiled step"])(
  "when the files of %s do not come, training goes on as before, and they can be asked for again",
  { timeout: 120_000 },
  async (name) => {
    const { page } = await openDemo("task=elman-sine");
    await play(page);
    await eventually(() => updates(page)).toBeGreaterThan(0);
    const context = page.context();
    await context.route("**/assets/**", (route) => route.abort());
    await engine(page, name).click();
    const alert = page.getByRole("group", { name: "Engine" }).getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/could not be loaded.*CPU goes on as before/);
    expect(await pressed(engine(page, name))).toBe("false");
    const then = await updates(page);
    await eventually(() => updates(page)).toBeGreaterThan(then + 100);
    await context.unroute("**/assets/**");
    await engine(page, name).click();
    await eventually(() => pressed(engine(page, name))).toBe("true");
    await alert.waitFor({ state: "detached" });
  },
);

test("the choice of an engine is undone and redone like any other change", { timeout: 120_000 }, async () => {
  const { page, errors } = await openDemo("task=sine&hiddenSize=4&update=30");
  await eventually(() => updates(page)).toBe(30);
  await engine(page, "TensorFlow.js WASM").click();
  await eventually(() => pressed(engine(page, "TensorFlow.js WASM"))).toBe("true");
  await page.getByRole("button", { name: "Undo" }).click();
  await eventually(() => pressed(engine(page, "CPU").first())).toBe("true");
  await page.getByRole("button", { name: "Redo" }).click();
  await eventually(() => pressed(engine(page, "TensorFlow.js WASM"))).toBe("true");
  expect(await updates(page)).toBe(30);
  await page.reload();
  await eventually(() => pressed(engine(page, "TensorFlow.js WASM"))).toBe("true");
  await eventually(() => updates(page)).toBe(30);
  expect(errors).toEqual([]);
});

test("a browser without WebGL is told so, and a link to it trains on the CPU", async () => {
  const { page } = await openDemo();
  await page.context().route("**/assets/worker-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      body: `OffscreenCanvas.prototype.getContext = () => null;${await response.text()}`,
    });
  });
  await page.goto(`${page.url().replace(/#.*/, "")}?no-webgl#task=elman-sine&update=200&engine=tfjs-webgl`);
  await page.getByText(/has no WebGL 2.*CPU instead/).waitFor();
  expect(await pressed(engine(page, "CPU").first())).toBe("true");
  await eventually(() => updates(page)).toBe(200);
  await engine(page, "TensorFlow.js WebGL").click();
  await page.getByRole("alert").filter({ hasText: "has no WebGL 2" }).waitFor();
  await play(page);
  await eventually(() => updates(page)).toBeGreaterThan(300);
});

test("when the browser takes WebGL away, the CPU goes on, and WebGL can be chosen again", {
  timeout: 180_000,
}, async () => {
  const { page } = await openDemo();
  await page.context().route("**/assets/worker-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      body: `const whole = OffscreenCanvas.prototype.getContext; self.contexts = [];
OffscreenCanvas.prototype.getContext = function (...args) { const gl = whole.apply(this, args); if (gl) self.contexts.push(gl); return gl; };
${await response.text()}`,
    });
  });
  await page.goto(`${page.url().replace(/#.*/, "")}?lost-webgl#task=sine&hiddenSize=4&seed=1`);
  const lose = (): Promise<unknown> =>
    Promise.all(
      page
        .workers()
        .map((worker) =>
          worker.evaluate(
            "contexts.filter((gl) => !gl.isContextLost()).forEach((gl) => gl.getExtension('WEBGL_lose_context').loseContext())",
          ),
        ),
    );
  const webgl = engine(page, "TensorFlow.js WebGL");
  const alert = page.getByRole("group", { name: "Engine" }).getByRole("alert");
  for (const playing of [true, false]) {
    await webgl.click();
    await eventually(() => pressed(webgl)).toBe("true");
    const before = await updates(page);
    if (playing) {
      await play(page);
      await eventually(() => updates(page)).toBeGreaterThan(before);
    }
    await lose();
    if (!playing) await page.getByRole("button", { name: "Step", exact: true }).click();
    await eventually(() => alert.allTextContents()).toEqual([
      "TensorFlow.js WebGL has failed: the browser has taken the WebGL context away, with all that was on it. The CPU goes on in its place.",
    ]);
    await eventually(() => pressed(engine(page, "CPU").first())).toBe("true");
    await eventually(() => updates(page)).toBeGreaterThan(before);
    if (playing) await page.getByRole("button", { name: "Pause" }).click();
  }
});
