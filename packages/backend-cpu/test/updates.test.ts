import { type Attrs, type Meta, table, type UpdateOp } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { describe, expect, test } from "vitest";
import { numbers, random, type Tensor, tensor } from "./helpers.js";

function update<K extends UpdateOp>(op: K, inputs: readonly (Tensor | null)[], attrs: Attrs<K>): (number[] | null)[] {
  const metas = inputs.map((x) => x?.meta ?? null);
  const infer = table[op].infer as unknown as (inputs: readonly (Meta | null)[], attrs: object) => readonly Meta[];
  const kernel = cpu().updates?.[op] as unknown as (buffers: unknown, call: object) => readonly (Float64Array | null)[];
  const before = inputs.map((x) => x?.data.slice());
  const out = kernel(
    inputs.map((x) => x?.data ?? null),
    { attrs, in: metas, out: infer(metas, attrs) },
  );
  inputs.forEach((x, i) => {
    expect(x?.data).toEqual(before[i]);
  });
  return out.map((y) => y && Array.from(y));
}

const scalar = (value: number): Tensor => tensor([value], []);

describe("sgdStep", () => {
  const p = tensor([1, -2], [2]);
  const g = tensor([0.5, 0.25], [2]);
  const buffer = tensor([0.1, -0.3], [2]);

  test("without momentum, with weight decay, both directions", () => {
    const attrs = { momentum: 0, nesterov: false, weightDecay: 0.1 };
    const [down, none] = update("sgdStep", [p, g, null, scalar(0.5), null], { ...attrs, maximize: false });
    expect(down).toEqual([1 - 0.5 * 0.6, -2 - 0.5 * (0.25 - 0.2)]);
    expect(none).toBeNull();
    const [up] = update("sgdStep", [p, g, null, scalar(0.5), null], { ...attrs, maximize: true });
    expect(up).toEqual([1 - 0.5 * (-0.5 + 0.1), -2 - 0.5 * (-0.25 - 0.2)]);
  });

  test("momentum, dampening and nesterov", () => {
    const attrs = { momentum: 0.9, weightDecay: 0, maximize: false };
    const velocity = [0.9 * 0.1 + 0.2 * 0.5, 0.9 * -0.3 + 0.2 * 0.25];
    const [plain, kept] = update("sgdStep", [p, g, buffer, scalar(0.5), scalar(0.2)], { ...attrs, nesterov: false });
    expect(kept).toEqual(velocity);
    expect(plain).toEqual([1 - 0.5 * velocity[0], -2 - 0.5 * velocity[1]]);
    const full = [0.9 * 0.1 + 0.5, 0.9 * -0.3 + 0.25];
    const [ahead] = update("sgdStep", [p, g, buffer, scalar(0.5), null], { ...attrs, nesterov: true });
    expect(ahead).toEqual([1 - 0.5 * (0.5 + 0.9 * full[0]), -2 - 0.5 * (0.25 + 0.9 * full[1])]);
  });
});

describe("adamStep", () => {
  const attrs = { beta1: 0.9, beta2: 0.99, eps: 1e-8 };
  const next = numbers(4);
  const p = random(next, [5]);
  const g = random(next, [5]);
  const m = random(next, [5]);
  const v = tensor(
    random(next, [5]).data.map((x) => x * x),
    [5],
  );
  const most = tensor([0.5, 0, 0.5, 0, 0.5], [5]);
  const [lr, t] = [0.01, 3];

  test.each([
    [0, false, false, false],
    [0.1, false, true, false],
    [0.1, true, false, true],
    [0.1, true, true, true],
  ])(
    "weight decay %d (decoupled %s), amsgrad %s, maximize %s",
    (weightDecay, decoupledWeightDecay, amsgrad, maximize) => {
      const rates = [scalar(lr), scalar(lr / (1 - 0.9 ** t)), scalar(Math.sqrt(1 - 0.99 ** t))];
      const result = update("adamStep", [p, g, m, v, amsgrad ? most : null, ...rates], {
        ...attrs,
        weightDecay,
        decoupledWeightDecay,
        maximize,
      });
      for (let i = 0; i < 5; i++) {
        let [param, grad] = [p.data[i], maximize ? -g.data[i] : g.data[i]];
        if (decoupledWeightDecay) param -= lr * weightDecay * param;
        else grad += weightDecay * param;
        const avg = 0.9 * m.data[i] + 0.1 * grad;
        const avgSq = 0.99 * v.data[i] + 0.01 * grad ** 2;
        const denominator = amsgrad ? Math.max(most.data[i], avgSq) : avgSq;
        const hat = denominator / (1 - 0.99 ** t);
        expect(result[0]?.[i]).toBeCloseTo(param - (lr * avg) / (1 - 0.9 ** t) / (Math.sqrt(hat) + 1e-8), 14);
        expect(result[1]?.[i]).toBeCloseTo(avg, 14);
        expect(result[2]?.[i]).toBeCloseTo(avgSq, 14);
        if (amsgrad) expect(result[3]?.[i]).toBeCloseTo(denominator, 14);
        else expect(result[3]).toBeNull();
      }
    },
  );
});
