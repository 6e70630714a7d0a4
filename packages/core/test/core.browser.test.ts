import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  linspace,
  manualSeed,
  noGrad,
  randn,
  scope,
  setDefaultBackend,
  type Tensor,
  zeros,
} from "@unrolled/core";
import { expect, test } from "vitest";

test("an LSTM learns a sine in a browser, with the numbers of its seed", () => {
  expect("process" in globalThis && "versions" in process && process.versions.node).toBe(false);
  setDefaultBackend(cpu());
  const [first, losses] = [train(), train()];
  expect(losses).toEqual(first);
  expect(losses[0]).toBeGreaterThan(0.3);
  expect(losses[losses.length - 1]).toBeLessThan(0.05);
});

function train(): number[] {
  manualSeed(3);
  const [T, H] = [20, 8];
  const wave = linspace(0, 9, T + 1)
    .sin()
    .reshape([T + 1, 1, 1]);
  const [x, target] = [wave.narrow(0, 0, T), wave.narrow(0, 1, T)];
  const weight = (shape: number[]): Tensor => randn(shape, { std: 0.4, requiresGrad: true });
  const [wIh, wHh, bIh, head] = [weight([4 * H, 1]), weight([4 * H, H]), weight([4 * H]), weight([1, H])];
  const state = zeros([1, H]);
  return Array.from({ length: 60 }, () =>
    scope(() => {
      const [y] = applyFused("lstmSequence", [x, state, state, wIh, wHh, bIh, null, null, null], { reverse: false });
      const loss = applyFused("linear", [y, head, null], {})[0].sub(target).square().mean();
      loss.backward();
      for (const w of [wIh, wHh, bIh, head]) {
        noGrad(() => w.sub_((w.grad as Tensor).mul(0.3)));
        w.grad = null;
      }
      return loss.item();
    }),
  );
}
