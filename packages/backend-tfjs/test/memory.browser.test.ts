import "@tensorflow/tfjs-backend-webgl";
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { tfjs } from "@unrolled/backend-tfjs";
import { expect, test } from "vitest";
import { training } from "./training.js";

const gpu = (navigator as { gpu?: { requestAdapter(): Promise<object | null> } }).gpu;
const engines = ["webgl", ...((await gpu?.requestAdapter()) ? (["webgpu"] as const) : [])] as const;

test.each(engines)("300 training steps on %s keep nothing, and learn", { timeout: 240_000 }, async (engine) => {
  const backend = await tfjs(engine);
  const { optimizer, loss, x, y } = await training(backend);
  const losses: number[] = [];
  const step = async (): Promise<void> => {
    const now = optimizer.step(() => loss(x, y));
    losses.push((await now.data())[0]);
    now.dispose();
  };
  const kernels = tf.engine().findBackend(engine) as tf.KernelBackend & { numDataIds(): number };
  const counts = (): object => ({ ...backend.memory(), ids: kernels.numDataIds() });
  for (let i = 0; i < 2; i++) await step();
  const before = counts();
  for (let i = 0; i < 298; i++) await step();
  expect(counts()).toEqual(before);
  expect(losses[299]).toBeLessThan(0.5 * losses[0]);
  await backend.dispose();
});
