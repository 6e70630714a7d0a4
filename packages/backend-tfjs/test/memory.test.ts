// Training loops keep nothing: neither buffers and bytes as the backend counts them, nor the engine's own tensors.
import * as tf from "@tensorflow/tfjs-core";
import { tfjs } from "@unrolled/backend-tfjs";
import { compile, DataLoader, fit, interpreter, SGD, scope, type Tensor } from "unrolled";
import { describe, expect, test, vi } from "vitest";
import { batch, features, steps, type Training, training } from "./training.js";

const patience = { timeout: 120_000 }; // a machine that does other work besides

describe.each(["cpu", "wasm"] as const)("%s", (engine) => {
  /** Trains 2 + `count` steps, and expects after the last no more than there was after the second. */
  async function expectFlat(count: number, prepare: (setting: Training) => Promise<() => unknown>): Promise<void> {
    const backend = await tfjs(engine);
    const step = await prepare(await training(backend));
    const counts = (): Record<string, number> => ({
      ...backend.memory(),
      ids: tf.engine().findBackend(engine).numDataIds(),
    });
    for (let i = 0; i < 2; i++) await step();
    const before = counts();
    for (let i = 0; i < count; i++) await step();
    // Less is possible: a finaliser may free what the first two steps left to it.
    for (const [what, count] of Object.entries(counts())) expect(count, what).toBeLessThanOrEqual(before[what]);
    await backend.dispose();
  }

  test("2,000 steps by optimizer.step", patience, () =>
    expectFlat(2000, async ({ optimizer, loss, x, y }) => () => {
      optimizer.step(() => loss(x, y)).dispose();
    }),
  );

  test("2,000 steps in scopes, backward and step apart", patience, () =>
    expectFlat(2000, async ({ net, loss, x, y }) => {
      const optimizer = new SGD(net.parameters(), { lr: 0.01, momentum: 0.9 });
      return () =>
        scope(() => {
          optimizer.zeroGrad();
          loss(x, y).backward();
          optimizer.step();
        });
    }),
  );

  test("2,000 compiled steps", patience, () =>
    expectFlat(2000, async ({ net, optimizer, loss, x, y }) => {
      const runner = interpreter(x.backend);
      const step = compile((x, y) => optimizer.step(() => loss(x, y)), { state: [net, optimizer], runner });
      return async () => (await step.run(x, y)).dispose();
    }),
  );

  test("200 epochs of fit, ten steps each", patience, () =>
    expectFlat(5, async ({ net, optimizer, loss, x }) => {
      const { backend } = x;
      const samples = Array.from({ length: 10 * batch }, (_, i): [Float32Array, Float32Array] => [
        new Float32Array(steps * features).fill(i / 10),
        Float32Array.of(i % 2),
      ]);
      const train = new DataLoader(samples, { batchSize: batch, backend });
      const of = ([x, y]: [Tensor, Tensor]): Tensor => loss(x.reshape([steps, -1, features]), y);
      return () => fit({ model: net, optimizer, loss: of, train, epochs: 40 });
    }),
  );
});

test("zeroGrad, backward and step outside of a scope leave buffers behind, with one warning", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const backend = await tfjs("wasm");
  const { net, loss, x, y } = await training(backend);
  const optimizer = new SGD(net.parameters(), { lr: 0.01, momentum: 0.9 });
  const step = (): void => {
    optimizer.zeroGrad();
    loss(x, y).backward();
    optimizer.step();
  };
  const leftBy = (count: number): number => {
    const before = backend.memory().buffers;
    for (let i = 0; i < count; i++) step();
    return backend.memory().buffers - before;
  };
  step();
  const ofOne = leftBy(1); // how many depends on how the loss and the layers are composed
  expect(ofOne).toBeGreaterThan(10);
  expect(leftBy(200)).toBe(200 * ofOne);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0][0]).toContain("alive on tfjs-wasm, made outside any scope; ");
  expect(warn.mock.calls[0][0]).toContain(` the last one ${ofOne}. `);
  expect(warn.mock.calls[0][0]).toContain("optimizer.step");
  warn.mockRestore();
  await backend.dispose();
});
