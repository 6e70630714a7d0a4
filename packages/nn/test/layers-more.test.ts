import { DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import {
  ELU,
  Flatten,
  GELU,
  Identity,
  LayerNorm,
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "@unrolled/nn";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

describe("LayerNorm", () => {
  test("starts as the plain normalisation", () => {
    const layer = new LayerNorm(4);
    expect(layer.weight?.toArray()).toEqual([1, 1, 1, 1]);
    expect(layer.bias?.toArray()).toEqual([0, 0, 0, 0]);
    const y = layer.forward(tensor([[1, 2, 3, 4]]));
    const s = Math.sqrt(1.25 + 1e-5);
    expect(largestError(y, [[-1.5 / s, -0.5 / s, 0.5 / s, 1.5 / s]])).toBeLessThan(1e-6);
    expect(layer.forward(zeros([2, 0, 4])).shape).toEqual([2, 0, 4]);
  });

  test("has the tensors it was asked for", () => {
    const names = (layer: LayerNorm): string[] => Object.keys(layer.stateDict());
    expect(names(new LayerNorm([2, 3]))).toEqual(["weight", "bias"]);
    expect(names(new LayerNorm(3, { bias: false }))).toEqual(["weight"]);
    expect(names(new LayerNorm(3, { elementwiseAffine: false }))).toEqual([]);
  });

  test("names what does not fit", () => {
    expect(() => new LayerNorm([2, 3]).forward(zeros([3]))).toThrow(ShapeError);
    expect(() => new LayerNorm([2, 3]).forward(zeros([4, 3, 2]))).toThrow(
      "LayerNorm: x [4, 3, 2] does not end in [2, 3]; make the last dimensions those",
    );
    expect(() => new LayerNorm(3).forward(zeros([3], { dtype: "int32" }))).toThrow(DTypeError);
    expect(() => new LayerNorm([])).toThrow("LayerNorm: normalizedShape []; use one or more positive integers");
    expect(() => new LayerNorm([3, 0])).toThrow("normalizedShape [3, 0]");
    expect(() => new LayerNorm(3, { eps: -1 })).toThrow("LayerNorm: eps -1");
    expect(() => new LayerNorm(3, { elementwise_affine: false } as object)).toThrow("did you mean elementwiseAffine?");
  });

  test("leaves only its tensors on a device", () => {
    const device = referenceBackend();
    new LayerNorm([2, 3], { backend: device });
    expect(device.memory().buffers).toBe(2);
  });
});

describe("activations as modules", () => {
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  const tanhGelu = (v: number): number => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
  const data = [-3, -0.5, 0, 0.7, 2];

  test.each<readonly [{ forward(x: Tensor): Tensor }, (v: number) => number]>([
    [new Tanh(), Math.tanh],
    [new Sigmoid(), sigmoid],
    [new ReLU(), (v) => Math.max(v, 0)],
    [new LeakyReLU(), (v) => (v > 0 ? v : 0.01 * v)],
    [new LeakyReLU(0.3), (v) => (v > 0 ? v : 0.3 * v)],
    [new ELU(), (v) => (v > 0 ? v : Math.expm1(v))],
    [new ELU(2), (v) => (v > 0 ? v : 2 * Math.expm1(v))],
    [new GELU({ approximate: "tanh" }), tanhGelu],
    [new SiLU(), (v) => v * sigmoid(v)],
    [new Softplus(), (v) => Math.log1p(Math.exp(v))],
    [new Softplus({ beta: 3 }), (v) => Math.log1p(Math.exp(3 * v)) / 3],
    [new Softplus({ beta: 3, threshold: 1 }), (v) => (3 * v > 1 ? v : Math.log1p(Math.exp(3 * v)) / 3)],
    [new Identity(), (v) => v],
  ])("%s", (layer, expected) => {
    const y = layer.forward(tensor(data, { dtype: "float64" }));
    expect(largestError(y, data.map(expected))).toBeLessThan(1e-12);
  });

  test("GELU is exact unless told otherwise", () => {
    // scipy.special.ndtr(1) and ndtr(-2) times the argument
    const y = new GELU().forward(tensor([1, -2], { dtype: "float64" }));
    expect(largestError(y, [0.8413447460685429, -0.04550026389635842])).toBeLessThan(1e-9);
  });

  test("Softmax and LogSoftmax go along the last axis, or another", () => {
    const x = tensor([
      [0, 0],
      [0, Math.log(3)],
    ]);
    expect(
      largestError(new Softmax().forward(x), [
        [0.5, 0.5],
        [0.25, 0.75],
      ]),
    ).toBeLessThan(1e-6);
    expect(
      largestError(new Softmax(0).forward(x), [
        [0.5, 0.25],
        [0.5, 0.75],
      ]),
    ).toBeLessThan(1e-6);
    expect(
      largestError(new LogSoftmax(0).forward(x).exp(), [
        [0.5, 0.25],
        [0.5, 0.75],
      ]),
    ).toBeLessThan(1e-6);
    expect(() => new Softmax(2).forward(x)).toThrow(ShapeError);
  });

  test("Flatten keeps the batch, unless told otherwise", () => {
    expect(new Flatten().forward(zeros([2, 3, 4])).shape).toEqual([2, 12]);
    expect(new Flatten(0, 1).forward(zeros([2, 3, 4])).shape).toEqual([6, 4]);
    expect(() => new Flatten().forward(zeros([2]))).toThrow(ShapeError);
  });

  test("refuse settings that make no sense", () => {
    expect(() => new LeakyReLU(Number.NaN)).toThrow("LeakyReLU: negativeSlope NaN; use a finite number");
    expect(() => new ELU(Number.POSITIVE_INFINITY)).toThrow("ELU: alpha Infinity");
    expect(() => new GELU({ approximate: "exact" as "none" })).toThrow(
      'GELU: approximate "exact"; use "none" or "tanh"',
    );
    expect(() => new Softplus({ beta: 0 })).toThrow("Softplus: beta 0; use a positive number");
    expect(() => new Softmax(0.5)).toThrow("Softmax: axis 0.5; use an integer");
    expect(() => new Flatten(0.5)).toThrow("Flatten: start 0.5");
  });
});
