import { cpu } from "@unrolled/backend-cpu";
import { add, mul, setDefaultBackend, sub, tensor, zeros } from "@unrolled/core";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(() => {
  setDefaultBackend(cpu());
});

/** Numbers as operands are kept as 0-d tensors, which nothing that a user does may reach. */
describe("numbers as operands", () => {
  test("stay what they are when 0-d tensors that were filled with them change", () => {
    const x = zeros([]);
    x.fill_(3);
    x.add_(1);
    expect(x.item()).toBe(4);
    expect(add(zeros([]), 3).item()).toBe(3);
    const y = zeros([2]).fill_(3);
    y.mul_(2);
    expect(add(zeros([]), 3).item()).toBe(3);
  });

  test("stay what they are when a seed of backward is changed as a gradient", () => {
    const x = tensor(2, { requiresGrad: true });
    x.add(0).backward();
    x.grad?.add_(5);
    expect(x.grad?.item()).toBe(6);
    expect(mul(tensor(7), 1).item()).toBe(7);
    const again = tensor(2, { requiresGrad: true });
    again.add(0).backward();
    expect(again.grad?.item()).toBe(1);
  });

  test("are apart where they differ only in sign, dtype or place", () => {
    expect(Object.is(mul(tensor(1), -0).item(), -0)).toBe(true);
    expect(Object.is(mul(tensor(1), 0).item(), 0)).toBe(true);
    expect(add(tensor(0), Number.NaN).item()).toBeNaN();
    expect(add(tensor(1), 0.1).item()).toBe(Math.fround(1 + Math.fround(0.1)));
    expect(add(tensor(1, { dtype: "float64" }), 0.1).item()).toBe(1.1);
    for (let i = -200; i < 200; i++) expect(sub(tensor(0), i / 8).item()).toBeCloseTo(-i / 8, 12);
    expect(add(tensor(1, { dtype: "int32" }), 3).dtype).toBe("int32");
    expect(() => add(tensor(1, { dtype: "int32" }), 0.1)).toThrow(/does not fit an int32/);
  });
});
