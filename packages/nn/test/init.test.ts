import { type Backend, DTypeError, GraphError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { eye, Generator, manualSeed, randn, setDefaultBackend, type Tensor, trace, zeros } from "@unrolled/core";
import { init } from "@unrolled/nn";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

const identityError = (q: Tensor, transA: boolean): number => {
  const product = q.matmul(q, { transA, transB: !transA });
  return largestError(product, eye(product.shape[0]).toArray());
};

describe("orthogonal_", () => {
  test.each([
    [1, 1],
    [1, 7],
    [7, 1],
    [5, 5],
    [33, 17],
    [17, 33],
    [128, 128],
  ])("[%d, %d] has orthonormal rows or columns, whichever are fewer", (rows, columns) => {
    for (const dtype of ["float32", "float64"] as const) {
      const q = init.orthogonal_(zeros([rows, columns], { dtype }), 1, { generator: new Generator(1) });
      expect(identityError(q, rows >= columns)).toBeLessThan(dtype === "float64" ? 1e-14 : 1e-6);
    }
  });

  test("is the Q of the normal matrix whose R has a positive diagonal", () => {
    const shape = [9, 6];
    const normal = randn(shape, { dtype: "float64", generator: new Generator(4) });
    const q = init.orthogonal_(zeros(shape, { dtype: "float64" }), 1, { generator: new Generator(4) });
    const r = q.matmul(normal, { transA: true }).toArray() as number[][];
    r.forEach((row, i) => {
      row.forEach((value, j) => {
        if (i === j) expect(value).toBeGreaterThan(0);
        if (i > j) expect(Math.abs(value)).toBeLessThan(1e-13);
      });
    });
    const wide = init.orthogonal_(zeros([6, 9], { dtype: "float64" }), 1, { generator: new Generator(4) });
    const l = wide.matmul(normal.reshape([6, 9]), { transB: true }).toArray() as number[][];
    l.forEach((row, i) => {
      expect(row[i]).toBeGreaterThan(0);
      for (const value of row.slice(0, i)) expect(Math.abs(value)).toBeLessThan(1e-13);
    });
  });

  test("stays orthogonal where the normal numbers nearly are not independent", () => {
    const nearlyEqual = new Generator(2);
    let count = 0;
    nearlyEqual.normal = () => 1 + 1e-9 * Math.sin((++count) ** 1.5);
    const q = init.orthogonal_(zeros([8, 8], { dtype: "float64" }), 1, { generator: nearlyEqual });
    expect(identityError(q, true)).toBeLessThan(1e-13);
  });

  test("takes a gain, and dimensions after the first as one", () => {
    const q = init.orthogonal_(zeros([3, 2, 4], { dtype: "float64" }), 3);
    expect(identityError(q.reshape([3, 8]).div(3), false)).toBeLessThan(1e-14);
    expect(init.orthogonal_(zeros([3, 0])).shape).toEqual([3, 0]);
    expect(init.orthogonal_(zeros([0, 3])).shape).toEqual([0, 3]);
  });

  test("takes its numbers from the seed alone", () => {
    const draw = (backend: Backend = cpu()): unknown => init.orthogonal_(zeros([3, 2], { backend })).toArray();
    manualSeed(3);
    const first = draw();
    expect(draw()).not.toEqual(first);
    manualSeed(3);
    expect(draw(referenceBackend())).toEqual(first);
  });

  test("leaves nothing behind on a device", () => {
    const backend = referenceBackend();
    const q = init.orthogonal_(zeros([4, 4], { backend, requiresGrad: true }));
    expect(backend.memory().buffers).toBe(1);
    expect(q.isLeaf && q.requiresGrad).toBe(true);
  });

  test("refuses vectors, integers, gains that are no number, and to be frozen into a graph", async () => {
    expect(() => init.orthogonal_(zeros([4]))).toThrow(ShapeError);
    expect(() => init.orthogonal_(zeros([4]))).toThrow("orthogonal_: [4] is no matrix; use it on two or more");
    expect(() => init.orthogonal_(zeros([4, 4], { dtype: "int32" }))).toThrow(DTypeError);
    expect(() => init.orthogonal_(zeros([4, 4]), Number.NaN)).toThrow("orthogonal_: gain NaN");
    await expect(trace(() => init.orthogonal_(zeros([2, 2])), {})).rejects.toThrow(GraphError);
  });
});

describe("truncNormal_", () => {
  /** Mean and standard deviation of the standard normal between two bounds, by the trapezoid rule. */
  function moments(low: number, high: number): { mean: number; std: number } {
    const n = 20_000;
    const sums = [0, 0, 0];
    for (let i = 0; i <= n; i++) {
      const x = low + ((high - low) * i) / n;
      const weight = Math.exp((low * low - x * x) / 2) * (i === 0 || i === n ? 0.5 : 1);
      for (let k = 0; k < 3; k++) sums[k] += weight * x ** k;
    }
    const mean = sums[1] / sums[0];
    return { mean, std: Math.sqrt(sums[2] / sums[0] - mean * mean) };
  }

  test.each([
    [-2, 2],
    [-0.5, 1],
    [0, 4],
    [1, 1.2],
    [3, 9],
    [-9, -3],
    [-1.2, -1],
    [4, 4.1],
  ])("between %d and %d has the mean and deviation of the normal cut there", (low, high) => {
    const count = 40_000;
    const generator = new Generator(8);
    const data = init
      .truncNormal_(zeros([count], { dtype: "float64" }), 5, 2, 5 + 2 * low, 5 + 2 * high, { generator })
      .sub(5)
      .div(2);
    expect(generator.state.counter / count).toBeLessThan(12); // 32-bit words a number: few are rejected, also far out
    const { mean, std } = moments(low, high);
    expect(data.min().item()).toBeGreaterThanOrEqual(low);
    expect(data.max().item()).toBeLessThanOrEqual(high);
    // five standard deviations of the estimates
    expect(Math.abs(data.mean().item() - mean)).toBeLessThan((5 * std) / Math.sqrt(count));
    expect(Math.abs(data.std().item() / std - 1)).toBeLessThan(0.05);
  });

  test("takes infinite bounds; refuses those that cross, and no spread", () => {
    const infinite = Number.POSITIVE_INFINITY;
    const half = init.truncNormal_(zeros([100]), 0, 1, 6, infinite).dataSync();
    expect(half.every((v) => v >= 6 && v < 9)).toBe(true);
    expect(() => init.truncNormal_(zeros([2]), 0, 1, 2, 2)).toThrow("truncNormal_: from 2 to 2; use low < high");
    expect(() => init.truncNormal_(zeros([2]), 0, 0)).toThrow("truncNormal_: mean 0, standard deviation 0");
  });
});

test("calculateGain knows PyTorch's gains", () => {
  expect(init.calculateGain("linear")).toBe(1);
  expect(init.calculateGain("sigmoid")).toBe(1);
  expect(init.calculateGain("tanh")).toBe(5 / 3);
  expect(init.calculateGain("relu")).toBe(Math.SQRT2);
  expect(init.calculateGain("leakyRelu")).toBeCloseTo(1.4141428569978354, 15);
  expect(init.calculateGain("leakyRelu", 1)).toBe(1);
  expect(init.calculateGain("selu")).toBe(0.75);
  expect(() => init.calculateGain("leaky_relu" as "leakyRelu")).toThrow(
    'calculateGain: nonlinearity "leaky_relu"; use',
  );
});

test("eye_ puts ones on the diagonal of any matrix", () => {
  const wide = [
    [1, 0, 0],
    [0, 1, 0],
  ];
  expect(init.eye_(init.ones_(zeros([2, 3]))).toArray()).toEqual(wide);
  expect(init.eye_(zeros([3, 2], { dtype: "float64" })).toArray()).toEqual([
    ...(eye(2).toArray() as number[][]),
    [0, 0],
  ]);
  expect(() => init.eye_(zeros([2, 2, 2]))).toThrow("eye_: [2, 2, 2] is no matrix");
});

test("sparse_ zeroes a share of each column", () => {
  const columns = init
    .sparse_(zeros([10, 50]), 0.33, 2, { generator: new Generator(3) })
    .transpose()
    .toArray() as number[][];
  for (const column of columns) expect(column.filter((v) => v === 0)).toHaveLength(4);
  const kept = columns.flat().filter((v) => v !== 0);
  expect(Math.sqrt(kept.reduce((total, v) => total + v * v, 0) / kept.length)).toBeCloseTo(2, 0);
  expect(new Set(columns.map((column) => column.map((v) => v === 0).join())).size).toBeGreaterThan(10);
  expect(() => init.sparse_(zeros([2, 2]), 1.5)).toThrow("sparse_: sparsity 1.5; use a number from 0 to 1");
  expect(() => init.sparse_(zeros([2]), 0.5)).toThrow(ShapeError);
});
