import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { clipGradNorm, clipGradValue, SGD } from "@unrolled/optim";
import { referenceBackend } from "@unrolled/testkit";
import { expect, test } from "vitest";

setDefaultBackend(cpu());

function leaf(values: number[], gradient: number[] | null): Tensor {
  const parameter = tensor(values, { requiresGrad: true });
  parameter.grad = gradient && tensor(gradient);
  return parameter;
}

test("parameters without a gradient do not count", () => {
  const [a, b] = [leaf([1], [3]), leaf([1, 2], null)];
  expect(clipGradNorm([a, b], 1).item()).toBe(3);
  expect(b.grad).toBeNull();
  clipGradValue([a, b], 0.5);
  expect(a.grad?.toArray()).toEqual([0.5]);
  expect(clipGradNorm([b], 1).item()).toBe(0);
});

test("takes any iterable once", () => {
  const parameters = [leaf([1], [3]), leaf([1], [4])];
  expect(clipGradNorm(parameters.values(), 10).item()).toBe(5);
});

test("zero gradients stay zero", () => {
  const parameter = leaf([1, 1], [0, 0]);
  expect(clipGradNorm([parameter], 1).item()).toBe(0);
  expect(parameter.grad?.toArray()).toEqual([0, 0]);
});

test("a NaN is reported in the total and spreads, as in PyTorch", () => {
  const parameter = leaf([1, 1], [1, Number.NaN]);
  expect(clipGradNorm([parameter], 1).item()).toBeNaN();
  expect(parameter.grad?.toArray()).toEqual([Number.NaN, Number.NaN]);
});

test("refuses limits below 0", () => {
  const parameter = leaf([1], [3]);
  for (const limit of [-1, Number.NaN]) {
    expect(() => clipGradNorm([parameter], limit)).toThrow(ArgumentError);
    expect(() => clipGradNorm([parameter], limit)).toThrow(`clipGradNorm: maxNorm ${limit}; use a number of 0 or more`);
    expect(() => clipGradValue([parameter], limit)).toThrow(`clipGradValue: limit ${limit}; use a number of 0 or more`);
  }
  expect(() => clipGradNorm([parameter], 1, { p: 0 })).toThrow(ArgumentError);
  expect(parameter.grad?.toArray()).toEqual([3]);
});

test("step's clipGradNorm is clipping by hand", () => {
  const lossOf = (w: Tensor): Tensor =>
    w
      .mul(w)
      .mul(tensor([1, 10, 100]))
      .sum();
  const [a, b] = [leaf([1, 2, 3], null), leaf([1, 2, 3], null)];
  const [byOption, byHand] = [new SGD([a], { lr: 0.1, momentum: 0.9 }), new SGD([b], { lr: 0.1, momentum: 0.9 })];
  for (let i = 0; i < 3; i++) {
    byOption.step(() => lossOf(a), { clipGradNorm: 0.5 });
    byHand.zeroGrad();
    lossOf(b).backward();
    clipGradNorm([b], 0.5);
    byHand.step();
    expect(a.toArray()).toEqual(b.toArray());
    expect(a.grad?.norm().item()).toBeCloseTo(0.5, 5);
  }
});

test("outside any scope leaves only the total norm on a device", () => {
  const device = referenceBackend();
  const parameter = tensor([1, 2], { backend: device, requiresGrad: true });
  parameter.grad = tensor([3, 4], { backend: device });
  const total = clipGradNorm([parameter], 1);
  expect(total.item()).toBeCloseTo(5, 6);
  expect(device.memory().buffers).toBe(3);
  clipGradValue([parameter], 0.1);
  expect(device.memory().buffers).toBe(3);
});
