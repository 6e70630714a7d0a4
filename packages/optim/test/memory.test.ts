import { type Tensor, tensor } from "@unrolled/core";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";
import { fullOptions, make } from "./support/optimizers.js";

describe.each([true, false])("on a device that counts buffers and watches for use after free, fused %s", (fused) => {
  const backend = referenceBackend({ fused });

  test.each(fullOptions)("%s %o: steps have no slope", (name, options) => {
    const before = backend.memory().buffers;
    const w = tensor([[0.5, -0.2]], { backend, requiresGrad: true });
    const b = tensor([0.1], { backend, requiresGrad: true });
    const x = tensor([[1], [2], [3]], { backend });
    const optimizer = make(name, [w, b], options);
    const slots = [...optimizer.namedTensors()].length / 2;
    expect(backend.memory().buffers).toBe(before + 3 + 2 * slots);
    const lossOf = (): Tensor => x.matmul(w).add(b).tanh().square().mean();

    const whole = [1, 2, 3, 4, 5].map(() => {
      optimizer.step(lossOf, { clipGradNorm: 0.1 }).dispose();
      return backend.memory().buffers - before;
    });
    const gradients = 2;
    expect(whole).toEqual([1, 2, 3, 4, 5].map(() => 3 + 2 * slots + gradients));

    const kept = optimizer.step(lossOf);
    expect(kept.item()).toBeGreaterThan(0);
    expect(backend.memory().buffers - before).toBe(whole[2] + 1);
    kept.dispose();

    expect(() =>
      optimizer.step(() => {
        lossOf();
        throw new Error("in the middle");
      }),
    ).toThrow("in the middle");
    expect(backend.memory().buffers - before).toBe(3 + 2 * slots);

    optimizer.step(lossOf).dispose();
    optimizer.step();
    expect(backend.memory().buffers - before).toBe(whole[2]);
    optimizer.zeroGrad();
    for (const t of [w, b, x, ...[...optimizer.namedTensors()].map(([, slot]) => slot)]) t.dispose();
    expect(backend.memory().buffers).toBe(before);
  });
});
