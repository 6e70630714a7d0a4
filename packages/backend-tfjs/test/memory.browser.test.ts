import "@tensorflow/tfjs-backend-webgl";
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { tfjs } from "@unrolled/backend-tfjs";
import { expect, test } from "vitest";
import { training } from "./training.js";

const gpu = (navigator as { gpu?: { requestAdapter(): Promise<object | null> } }).gpu;
const engines = ["webgl", ...((await gpu?.requestAdapter()) ? (["webgpu"] as const) : [])] as const;

// Software WebGPU takes milliseconds a kernel.
const counts = { webgl: 300, webgpu: 60 } as const;

test.each(engines)("many training steps on %s keep nothing, and learn", { timeout: 240_000 }, async (engine) => {
  const steps = counts[engine];
  const backend = await tfjs(engine);
  const { optimizer, loss, x, y } = await training(backend);
  const losses: number[] = [];
  const step = async (): Promise<void> => {
    const now = optimizer.step(() => loss(x, y));
    losses.push((await now.data())[0]);
    now.dispose();
  };
  const kernels = tf.engine().findBackend(engine) as tf.KernelBackend & { numDataIds(): number };
  const state = (): object => ({ ...backend.memory(), ids: kernels.numDataIds() });
  for (let i = 0; i < 2; i++) await step();
  const before = state();
  for (let i = 0; i < steps - 2; i++) await step();
  expect(state()).toEqual(before);
  expect(losses[steps - 1]).toBeLessThan(0.9 * losses[0]);
  await backend.dispose();
});
