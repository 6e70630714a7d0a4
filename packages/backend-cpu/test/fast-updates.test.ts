import type { Attrs } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { fastAdamStep, fastSgdStep } from "../src/fast/updates.js";
import { adamStep, sgdStep } from "../src/updates.js";
import { expectClose, floats, runKernel } from "./fast-kernels.js";
import { testEngines } from "./fast-sequence.js";

const sizes = [801, 1000, 16384, 33001];
const booleans = [false, true];

describe.each(testEngines())("updates in WebAssembly with %s", (_name, engine) => {
  const sgd: Attrs<"sgdStep">[] = [0, 0.1].flatMap((weightDecay) =>
    booleans.flatMap((maximize) => booleans.map((nesterov) => ({ momentum: 0.9, nesterov, weightDecay, maximize }))),
  );
  test.each(sgd)("sgdStep equals the plain kernel: %j", (attrs) => {
    for (const n of sizes) {
      const [p, g, b] = [floats(1, n), floats(2, n), floats(3, n)];
      const before = [p.slice(), g.slice(), b.slice()];
      for (const buffer of [null, b]) {
        for (const gain of [null, Float32Array.of(0.3)]) {
          const inputs = [p, g, buffer, Float32Array.of(0.05), gain];
          const shapes = [[n], [n], buffer && [n], [], gain && []];
          const got = runKernel(
            fastSgdStep(() => engine),
            "sgdStep",
            inputs,
            shapes,
            attrs,
          );
          const expected = runKernel(sgdStep, "sgdStep", inputs, shapes, attrs);
          expectClose(got[0] as Float32Array, expected[0] as Float32Array, 3e-7, 1);
          if (buffer) expectClose(got[1] as Float32Array, expected[1] as Float32Array, 3e-7, 1);
          else expect(got[1]).toBeNull();
          [p, g, b].forEach((x, i) => {
            expectClose(x, before[i], 0);
          });
        }
      }
    }
  });

  const adam: (Attrs<"adamStep"> & { amsgrad: boolean })[] = booleans.flatMap((amsgrad) =>
    booleans.flatMap((maximize) =>
      [
        [0, false],
        [0.1, false],
        [0.1, true],
      ].map(([weightDecay, decoupledWeightDecay]) => ({
        ...{ beta1: 0.9, beta2: 0.999, eps: 1e-8, amsgrad, maximize },
        ...{ weightDecay: Number(weightDecay), decoupledWeightDecay: Boolean(decoupledWeightDecay) },
      })),
    ),
  );
  test.each(adam)("adamStep equals the plain kernel: %j", ({ amsgrad, ...attrs }) => {
    for (const n of sizes) {
      for (const t of [1, 1000]) {
        const square = (x: number): number => x * x;
        const state = [floats(1, n), floats(2, n), floats(3, n), floats(4, n, square)];
        const most = amsgrad ? floats(5, n, square) : null;
        const rates = [0.01, 0.01 / (1 - 0.9 ** t), Math.sqrt(1 - 0.999 ** t)].map((rate) => Float32Array.of(rate));
        const shapes = [[n], [n], [n], [n], most && [n], [], [], []];
        const inputs = [...state, most, ...rates];
        const got = runKernel(
          fastAdamStep(() => engine),
          "adamStep",
          inputs,
          shapes,
          attrs,
        );
        const expected = runKernel(adamStep, "adamStep", inputs, shapes, attrs);
        expectClose(got[0] as Float32Array, expected[0] as Float32Array, 3e-7, 1);
        expectClose(got[1] as Float32Array, expected[1] as Float32Array, 3e-7, 1);
        expectClose(got[2] as Float32Array, expected[2] as Float32Array, 1e-6);
        if (most) expectClose(got[3] as Float32Array, expected[3] as Float32Array, 1e-6);
        else expect(got[3]).toBeNull();
      }
    }
  });

  test("adamStep at gradients that are zero, tiny, huge, infinite and NaN", () => {
    const n = 804;
    const values = [0, 1e-30, 1e15, -1e15, Infinity, NaN, 1e-20];
    const g = Float32Array.from({ length: n }, (_, i) => values[i % values.length]);
    const zeros = new Float32Array(n);
    const rates = [0.01, 0.1, Math.sqrt(0.001)].map((rate) => Float32Array.of(rate));
    const attrs = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false, maximize: false };
    const inputs = [zeros, g, zeros, zeros, null, ...rates];
    const shapes = [[n], [n], [n], [n], null, [], [], []];
    const got = runKernel(
      fastAdamStep(() => engine),
      "adamStep",
      inputs,
      shapes,
      attrs,
    );
    const expected = runKernel(adamStep, "adamStep", inputs, shapes, attrs);
    for (const k of [0, 1, 2]) expectClose(got[k] as Float32Array, expected[k] as Float32Array, 1e-6, 1e-30);
  });
});
