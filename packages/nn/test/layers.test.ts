import { ArgumentError, DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { Generator, manualSeed, ones, setDefaultBackend, zeros } from "@unrolled/core";
import { Dropout, init, Linear } from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";

setDefaultBackend(cpu());

const generator = (): Generator => new Generator(11);

describe("Linear", () => {
  test("starts uniform within 1/sqrt(in)", () => {
    const { weight, bias } = new Linear(16, 4000, { generator: generator() });
    for (const data of [weight.dataSync(), bias?.dataSync() ?? []]) {
      const largest = Math.max(...data.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(0.25);
      expect(largest).toBeGreaterThan(0.249);
    }
    expect(weight.std().item()).toBeCloseTo(0.25 / Math.sqrt(3), 3);
  });

  test("takes its numbers from the seed alone", () => {
    const draw = (): unknown => new Linear(3, 2).weight.toArray();
    manualSeed(3);
    const first = draw();
    expect(draw()).not.toEqual(first);
    manualSeed(3);
    expect(draw()).toEqual(first);
    manualSeed(3);
    expect(new Linear(3, 2, { backend: decomposed }).weight.toArray()).toEqual(first);
  });

  test("names what does not fit", () => {
    const layer = new Linear(3, 2);
    expect(() => layer.forward(zeros([4, 5]))).toThrow(ShapeError);
    expect(() => layer.forward(zeros([4, 5]))).toThrow("x [4, 5] does not end in 3, as weight [2, 3] needs");
    expect(() => layer.forward(zeros([]))).toThrow(ShapeError);
    expect(() => layer.forward(zeros([3], { dtype: "float64" }))).toThrow(DTypeError);
    expect(() => new Linear(0, 2)).toThrow("Linear: size 0; use positive integers");
    expect(() => new Linear(3, 1.5)).toThrow(ArgumentError);
  });
});

describe("Dropout", () => {
  const x = ones([400, 500]);

  test("zeroes a share p and scales the others", () => {
    const y = new Dropout(0.3, { generator: generator() }).forward(x);
    const data = y.dataSync();
    expect([...new Set(data)].sort()).toEqual([0, Math.fround(1 / 0.7)]);
    const share = data.filter((v) => v === 0).length / data.length;
    // five standard deviations of a share of 200,000 draws
    expect(Math.abs(share - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 200_000));
    expect(y.mean().item()).toBeCloseTo(1, 1);
  });

  test("passes the mask on to gradients", () => {
    const input = ones([50], { requiresGrad: true });
    const y = new Dropout(0.5, { generator: generator() }).forward(input);
    y.sum().backward();
    expect(input.grad?.toArray()).toEqual(y.toArray());
    expect(new Set(y.dataSync())).toEqual(new Set([0, 2]));
  });

  test("draws anew each time, the same for the same seed and on every backend", () => {
    const dropout = new Dropout(0.5);
    const draw = (backend = cpu() as typeof decomposed): unknown => dropout.forward(ones([40], { backend })).toArray();
    manualSeed(5);
    const first = draw();
    expect(draw()).not.toEqual(first);
    manualSeed(5);
    expect(draw(decomposed)).toEqual(first);
  });

  test("does nothing in evaluation mode, and draws nothing", () => {
    const own = generator();
    expect(new Dropout(0.9, { generator: own }).eval().forward(x)).toBe(x);
    expect(new Dropout(1).eval().forward(x)).toBe(x);
    expect(own.state).toEqual(generator().state);
  });

  test("at 0 and 1 keeps all and nothing", () => {
    expect(new Dropout(0).forward(x)).toBe(x);
    const input = ones([3], { requiresGrad: true });
    const y = new Dropout(1).forward(input);
    expect(y.toArray()).toEqual([0, 0, 0]);
    y.sum().backward();
    expect(input.grad?.toArray()).toEqual([0, 0, 0]);
  });

  test.each([-0.1, 1.1, Number.NaN])("refuses probability %d", (p) => {
    expect(() => new Dropout(p)).toThrow(`Dropout: probability ${p}; use a number from 0 to 1`);
  });
});

describe("init", () => {
  // fan-in 20 * 3, fan-out 100 * 3
  const weight = (): ReturnType<typeof zeros> => zeros([100, 20, 3], { dtype: "float64" });
  const spread = (t: ReturnType<typeof zeros>): { std: number; largest: number } => ({
    std: t.std().item(),
    largest: Math.max(...t.dataSync().map(Math.abs)),
  });

  test.each([
    ["xavierUniform_", () => init.xavierUniform_(weight(), 2, { generator: generator() }), 2 * Math.sqrt(6 / 360)],
    [
      "kaimingUniform_",
      () => init.kaimingUniform_(weight(), { generator: generator() }),
      Math.SQRT2 * Math.sqrt(3 / 60),
    ],
    [
      "kaimingUniform_ by fan-out",
      () => init.kaimingUniform_(weight(), { mode: "fanOut", gain: 1, generator: generator() }),
      Math.sqrt(3 / 300),
    ],
    ["uniform_", () => init.uniform_(weight(), -0.5, 0.5, { generator: generator() }), 0.5],
  ] as const)("%s fills its bounds", (_name, make, bound) => {
    const { std, largest } = spread(make());
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.995 * bound);
    expect(std / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
  });

  test.each([
    ["xavierNormal_", () => init.xavierNormal_(weight(), 3, { generator: generator() }), 3 * Math.sqrt(2 / 360)],
    ["kaimingNormal_", () => init.kaimingNormal_(weight(), { generator: generator() }), Math.sqrt(2 / 60)],
    [
      "kaimingNormal_ by fan-out",
      () => init.kaimingNormal_(weight(), { mode: "fanOut", generator: generator() }),
      Math.sqrt(2 / 300),
    ],
    ["normal_", () => init.normal_(weight(), 0, 0.7, { generator: generator() }), 0.7],
  ] as const)("%s has its standard deviation", (_name, make, expected) => {
    const { std, largest } = spread(make());
    // five standard deviations of the estimate from 6,000 draws
    expect(Math.abs(std / expected - 1)).toBeLessThan(5 / Math.sqrt(2 * 6000));
    expect(largest).toBeGreaterThan(2.5 * expected);
  });

  test("means and bounds are where they were asked for", () => {
    expect(
      init
        .normal_(weight(), 5, 0)
        .dataSync()
        .every((v) => v === 5),
    ).toBe(true);
    const data = init.uniform_(weight(), 2, 3).dataSync();
    expect(data.every((v) => v >= 2 && v < 3)).toBe(true);
    expect(init.constant_(zeros([2]), 4).toArray()).toEqual([4, 4]);
    expect(init.ones_(init.zeros_(zeros([2]))).toArray()).toEqual([1, 1]);
  });

  test("returns the tensor itself, changed in place, also one that asks for gradients", () => {
    const leaf = zeros([2, 2], { requiresGrad: true });
    expect(init.xavierUniform_(leaf)).toBe(leaf);
    expect(leaf.isLeaf && leaf.requiresGrad).toBe(true);
    expect(leaf.dataSync().some((v) => v !== 0)).toBe(true);
  });

  test("refuses what makes no sense", () => {
    expect(() => init.xavierNormal_(zeros([3]))).toThrow("xavierNormal_: [3] has no fan-in; use it on weights");
    expect(() => init.kaimingNormal_(zeros([3]))).toThrow(ShapeError);
    expect(() => init.kaimingUniform_(zeros([3, 3]), { mode: "out" as "fanOut" })).toThrow(
      'kaimingUniform_: mode "out"; use "fanIn" or "fanOut"',
    );
    expect(() => init.uniform_(zeros([3]), 1, 0)).toThrow("uniform_: from 1 to 0; use low <= high");
    expect(() => init.normal_(zeros([3]), 0, -1)).toThrow("normal_: standard deviation -1");
  });
});
