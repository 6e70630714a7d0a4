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

test("an infinite gradient becomes NaN and takes all others to 0, as in PyTorch", () => {
  const [a, b] = [leaf([1, 1], [1, Number.POSITIVE_INFINITY]), leaf([1], [3])];
  expect(clipGradNorm([a, b], 1).item()).toBe(Number.POSITIVE_INFINITY);
  expect([a.grad?.toArray(), b.grad?.toArray()]).toEqual([[0, Number.NaN], [0]]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("errorIfNonFinite raises for %s and leaves all as it was", (bad) => {
  const parameters = [leaf([1, 1], [1, bad]), leaf([1], [3])];
  const clip = (): unknown => clipGradNorm(parameters, 1, { errorIfNonFinite: true });
  expect(clip).toThrow(ArgumentError);
  expect(clip).toThrow(`clipGradNorm: the total norm of the gradients is ${bad}`);
  expect(parameters.map(({ grad }) => grad?.toArray())).toEqual([[1, bad], [3]]);
  const optimizer = new SGD(parameters);
  const loss = (): Tensor => parameters[0].mul(tensor([1, bad])).sum();
  expect(() => optimizer.step(loss, { clipGradNorm: 1, errorIfNonFinite: true })).toThrow("the total norm");
  expect(parameters.map((parameter) => parameter.toArray())).toEqual([[1, 1], [1]]);
  expect(clipGradNorm([leaf([1], [3])], 1, { errorIfNonFinite: true }).item()).toBe(3);
});

test("gradients of two dtypes are clipped by one norm", () => {
  const [single, double] = [leaf([1], [3]), tensor([1], { dtype: "float64", requiresGrad: true })];
  double.grad = tensor([4], { dtype: "float64" });
  const total = clipGradNorm([single, double], 1);
  expect([total.item(), total.dtype]).toEqual([5, "float64"]);
  expect([single.grad?.item(), double.grad.item()]).toEqual([Math.fround(3 / (5 + 1e-6)), 4 * (1 / (5 + 1e-6))]);
});

test("step clips group by group, and by value", () => {
  const [a, b] = [leaf([0], null), leaf([0], null)];
  const optimizer = new SGD([{ params: [a] }, { params: [b] }], { lr: 1 });
  const loss = (): Tensor => a.mul(3).add(b.mul(40)).sum();
  optimizer.step(loss, { clipGradNorm: [Number.POSITIVE_INFINITY, 1] });
  expect([a.item(), b.item()]).toEqual([-3, expect.closeTo(-1, 6)]);
  optimizer.step(loss, { clipGradValue: 0.5 });
  expect([a.grad?.item(), b.grad?.item()]).toEqual([0.5, 0.5]);
  expect(() => optimizer.step(loss, { clipGradNorm: [1] })).toThrow("step: clipGradNorm has 1 norms for 2 groups");
  expect(() => optimizer.step(loss, { errorIfNonFinite: true })).toThrow("step: errorIfNonFinite without clipGradNorm");
  expect(() => optimizer.step(loss, { clip_grad_norm: 1 } as object)).toThrow("unknown option clip_grad_norm");
});

test("refuses limits below 0", () => {
  const parameter = leaf([1], [3]);
  for (const limit of [-1, Number.NaN]) {
    expect(() => clipGradNorm([parameter], limit)).toThrow(ArgumentError);
    expect(() => clipGradNorm([parameter], limit)).toThrow(`clipGradNorm: maxNorm ${limit}; use a number of 0 or more`);
    expect(() => clipGradValue([parameter], limit)).toThrow(`clipGradValue: limit ${limit}; use a number of 0 or more`);
  }
  const text = "1" as unknown as number;
  expect(() => clipGradNorm([parameter], text)).toThrow('clipGradNorm: maxNorm "1"');
  expect(() => clipGradValue([parameter], text)).toThrow('clipGradValue: limit "1"');
  expect(() => clipGradNorm([parameter], 1, { p: 0 })).toThrow(ArgumentError);
  expect(() => clipGradNorm([parameter], 1, { norm: 1 } as object)).toThrow("clipGradNorm: unknown option norm");
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
