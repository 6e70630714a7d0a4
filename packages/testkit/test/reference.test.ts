import type { Attrs, PrimitiveOp } from "@unrolled/backend";
import {
  centralDifferences,
  type ErasedReference,
  erf,
  fusedReferences,
  generator,
  primitiveCases,
  referenceOf,
  updateReferences,
  type Values,
} from "@unrolled/testkit";
import { describe, expect, test } from "vitest";

const values = (shape: readonly number[], ...elements: readonly number[]): Values => ({
  shape,
  dtype: "float64",
  values: Float64Array.from(elements),
});

describe("erf", () => {
  // From Python's math.erf, which is the C library's; the last digit may differ.
  test.each([
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
  ])("of %d is %d", (x, y) => {
    expect(Math.abs(erf(x) - y)).toBeLessThanOrEqual(2.3e-16);
    expect(erf(-x)).toBe(-erf(x));
  });

  test("has no step where its two formulas meet", () => {
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-2.5 * 2.5);
    const step = 1e-9;
    expect(Math.abs(erf(2.5 + step) - erf(2.5 - step) - 2 * step * slope)).toBeLessThan(5e-16);
  });
});

describe("results written down by hand are the reference's", () => {
  for (const op of Object.keys(primitiveCases) as PrimitiveOp[]) {
    const stated = primitiveCases[op]().filter((c) => c.expected);
    for (const c of stated) {
      test(`${op} ${c.label}`, () => {
        const round = c.label.startsWith("float64 to float32") ? Math.fround : (v: number): number => v;
        expect(Array.from(referenceOf(c), (v) => round(v) + 0)).toEqual(c.expected?.map((v) => v + 0));
      });
    }
  }
});

describe("sequence references", () => {
  const nothing = [null, null, null] as const;
  const sumsUp: Attrs<"rnnSequence"> = { nonlinearity: "relu", reverse: false };

  test("an rnn that adds 1 at every step counts them, per row to its own length", () => {
    const x = values([3, 3, 1], 1, 1, 1, 1, 1, 1, 1, 1, 1);
    const h = values([3, 1], 0, 0, 5);
    const one = values([1, 1], 1);
    const lengths: Values = { shape: [3], dtype: "int32", values: Float64Array.of(3, 2, 0) };
    const [y, last] = fusedReferences.rnnSequence([x, h, one, one, null, null, lengths], sumsUp);
    expect([...y]).toEqual([1, 1, 0, 2, 2, 0, 3, 0, 0]);
    expect([...last]).toEqual([3, 2, 5]);
    const [z, first] = fusedReferences.rnnSequence([x, h, one, one, null, null, lengths], { ...sumsUp, reverse: true });
    expect([...z]).toEqual([3, 2, 0, 2, 1, 0, 1, 0, 0]);
    expect([...first]).toEqual([3, 2, 5]);
  });

  const lstm = (i: number, f: number, g: number, o: number): readonly number[] => {
    const bias = values([4], i, f, g, o);
    const zeros = values([4, 1], 0, 0, 0, 0);
    const x = values([1, 1, 1], 0);
    const [y, h, c] = fusedReferences.lstmSequence(
      [x, values([1, 1], 0.3), values([1, 1], 0.7), zeros, zeros, bias, null, null, null],
      { reverse: false },
    );
    expect(y[0]).toBe(h[0]);
    return [h[0], c[0]];
  };

  test("the lstm's gates stand in the order i, f, g, o", () => {
    expect(lstm(800, -800, 0.5, 800)).toEqual([Math.tanh(Math.tanh(0.5)), Math.tanh(0.5)]);
    expect(lstm(-800, 800, 0.5, 800)).toEqual([Math.tanh(0.7), 0.7]);
    expect(lstm(-800, 800, 0.5, -800)).toEqual([0, 0.7]);
  });

  test("the lstm's projection makes every hidden state, and the next step reads it", () => {
    const x = values([2, 1, 1], 0, 0);
    const bias = values([4], 800, -800, 0.5, 800);
    const wHh = values([4, 2], 0, 0, 0, 0, 1, 3, 0, 0);
    const [y, h, c] = fusedReferences.lstmSequence(
      [
        x,
        values([1, 2], 0, 0),
        values([1, 1], 0),
        values([4, 1], 0, 0, 0, 0),
        wHh,
        bias,
        null,
        null,
        values([2, 1], 2, -1),
      ],
      { reverse: false },
    );
    const first = Math.tanh(Math.tanh(0.5));
    const cell = Math.tanh(0.5 + (2 * first - 3 * first));
    expect([...y]).toEqual([2 * first, -first, 2 * Math.tanh(cell), -Math.tanh(cell)]);
    expect([...h]).toEqual([...y.slice(2)]);
    expect([...c]).toEqual([cell]);
  });

  const gru = (r: number, z: number, resetAfter: boolean): number => {
    const weight = values([3, 1], 0, 0, 2);
    const [y] = fusedReferences.gruSequence(
      [
        values([1, 1, 1], 0),
        values([1, 1], 0.25),
        values([3, 1], 0, 0, 0),
        weight,
        values([3], r, z, 0.1),
        values([3], 0, 0, 0.4),
        null,
      ],
      { resetAfter, reverse: false },
    );
    return y[0];
  };

  test("the gru's gates stand in the order r, z, n, and the reset comes after or before the product", () => {
    expect(gru(800, 800, true)).toBe(0.25);
    expect(gru(800, -800, true)).toBe(Math.tanh(0.1 + (0.4 + 2 * 0.25)));
    expect(gru(-800, -800, true)).toBe(Math.tanh(0.1));
    expect(gru(-800, -800, false)).toBe(Math.tanh(0.1 + 0.4));
    expect(gru(0, -800, false)).toBe(Math.tanh(0.1 + (0.4 + 2 * 0.125)));
  });

  test("a linear layer is x weight^T + bias", () => {
    const [y] = fusedReferences.linear([values([2, 2], 1, 2, 3, 4), values([1, 2], 10, 100), values([1], 7)], {});
    expect([...y]).toEqual([217, 437]);
    const [bare] = fusedReferences.linear([values([2], 1, 2), values([1, 2], 10, 100), nothing[0]], {});
    expect([...bare]).toEqual([210]);
  });
});

describe("update references", () => {
  test("sgd with momentum, dampening and nesterov, by hand", () => {
    const attrs = { momentum: 0.5, nesterov: true, weightDecay: 0, maximize: false };
    const inputs = [values([1], 1), values([1], 4), values([1], 2), values([], 0.1), values([], 0.25)] as const;
    const [parameter, buffer] = updateReferences.sgdStep(inputs, attrs);
    expect(buffer?.[0]).toBe(0.5 * 2 + 0.25 * 4);
    expect(parameter[0]).toBe(1 - 0.1 * (4 + 0.5 * 2));
  });

  test("adam's first step is the rate, whatever the gradient's size", () => {
    const attrs = { beta1: 0.9, beta2: 0.999, eps: 0, weightDecay: 0, decoupledWeightDecay: false, maximize: false };
    const zero = values([2], 0, 0);
    const rate = values([], 0.01);
    const stepSize = values([], 0.01 / (1 - 0.9));
    const correction = values([], Math.sqrt(1 - 0.999));
    const inputs = [values([2], 1, 1), values([2], 1e-3, -50), zero, zero, null, rate, stepSize, correction] as const;
    const [parameter] = updateReferences.adamStep(inputs, attrs);
    expect(parameter[0]).toBeCloseTo(0.99, 12);
    expect(parameter[1]).toBeCloseTo(1.01, 12);
  });
});

test("central differences give the gradient of a known function", () => {
  const product: ErasedReference = ([a, b]) => [Float64Array.of((a?.values[0] ?? 0) * (b?.values[0] ?? 0) ** 2)];
  const inputs = [values([1], 3), values([1], 5)];
  const [a, b] = centralDifferences(product, inputs, {}, [Float64Array.of(2)]);
  expect(a?.[0]).toBeCloseTo(2 * 25, 7);
  expect(b?.[0]).toBeCloseTo(2 * 3 * 2 * 5, 7);
  expect(centralDifferences(product, inputs, {}, [null])[0]).toEqual(Float64Array.of(0));
});

test("the generator's stream depends on its seed alone", () => {
  const draw = (seed: string): number[] => {
    const g = generator(seed);
    return Array.from({ length: 1000 }, () => g.uniform(-2, 2));
  };
  expect(draw("a")).toEqual(draw("a"));
  expect(draw("a")).not.toEqual(draw("b"));
  const all = draw("spread");
  expect(Math.min(...all)).toBeLessThan(-1.9);
  expect(Math.max(...all)).toBeGreaterThan(1.9);
  expect(Math.abs(all.reduce((sum, v) => sum + v, 0) / all.length)).toBeLessThan(0.15);
});
