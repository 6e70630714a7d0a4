import { ArgumentError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, tensor, zeros } from "@unrolled/core";
import { huberLoss, type LossOptions, l1Loss, mseLoss, smoothL1Loss } from "@unrolled/nn";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

const losses = [mseLoss, l1Loss, huberLoss, smoothL1Loss];

describe.each(losses.map((loss) => [loss.name, loss] as const))("%s", (_name, loss) => {
  test("refuses shapes that differ, even where they broadcast", () => {
    expect(() => loss(zeros([3, 1]), zeros([3]))).toThrow(ShapeError);
    expect(() => loss(zeros([3, 1]), zeros([3]))).toThrow(
      `${loss.name}: prediction [3, 1] and target [3] differ; make them equal`,
    );
  });

  test("refuses another reduction", () => {
    const options = { reduction: "average" } as unknown as LossOptions;
    expect(() => loss(zeros([3]), zeros([3]), options)).toThrow(ArgumentError);
    expect(() => loss(zeros([3]), zeros([3]), options)).toThrow(`${loss.name}: reduction "average"; use "mean"`);
  });

  test("over nothing is NaN as a mean and 0 as a sum, as in PyTorch", () => {
    expect(loss(zeros([0]), zeros([0])).item()).toBeNaN();
    expect(loss(zeros([0]), zeros([0]), { reduction: "sum" }).item()).toBe(0);
  });
});

test("an error of 1e30 gives Huber's loss a finite gradient", () => {
  const x = tensor([1e30], { requiresGrad: true });
  huberLoss(x, tensor([0])).backward();
  expect(x.grad?.item()).toBe(1);
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("huberLoss refuses delta %d", (delta) => {
  expect(() => huberLoss(zeros([1]), zeros([1]), { delta })).toThrow(`huberLoss: delta ${delta}; use a positive`);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("smoothL1Loss refuses beta %d", (beta) => {
  expect(() => smoothL1Loss(zeros([1]), zeros([1]), { beta })).toThrow(`smoothL1Loss: beta ${beta}; use a finite`);
});
