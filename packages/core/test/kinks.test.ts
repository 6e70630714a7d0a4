// Where a function has no derivative, the gradient is PyTorch's choice.
import { cpu } from "@unrolled/backend-cpu";
import {
  abs,
  cast,
  clamp,
  elu,
  grad,
  leakyRelu,
  logSumExp,
  max,
  maximum,
  min,
  minimum,
  norm,
  pow,
  relu,
  setDefaultBackend,
  sign,
  softplus,
  sqrt,
  std,
  type Tensor,
  tensor,
  where,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

function slopes(fn: (...xs: Tensor[]) => Tensor, ...data: (number | number[] | number[][])[]): unknown[] {
  const xs = data.map((d) => tensor(d, { dtype: "float64", requiresGrad: true }));
  return grad(fn(...xs).sum(), xs, { allowUnused: true }).map((g) => g.toArray());
}

const third = 1 / 3;

describe("ties", () => {
  test("max shares equally", () => {
    expect(slopes((x) => max(x), [2, 1, 2, 2])).toEqual([[third, 0, third, third]]);
    expect(
      slopes(
        (x) => max(x, 1),
        [
          [1, 1],
          [0, 3],
        ],
      ),
    ).toEqual([
      [
        [0.5, 0.5],
        [0, 1],
      ],
    ]);
  });
  test("min shares equally", () => expect(slopes((x) => min(x, -1), [1, 1, 4])).toEqual([[0.5, 0.5, 0]]));
  test("maximum and minimum halve", () => {
    expect(slopes(maximum, [1, 2, 3], [1, 3, 2])).toEqual([
      [0.5, 0, 1],
      [0.5, 1, 0],
    ]);
    expect(slopes(minimum, [1, 2, 3], [1, 3, 2])).toEqual([
      [0.5, 1, 0],
      [0.5, 0, 1],
    ]);
    expect(slopes((x) => maximum(x, 0), [-1, 0, 1])).toEqual([[0, 0.5, 1]]);
    expect(slopes((x) => maximum(x, x), [4])).toEqual([[1]]);
  });
  test("the infinity norm shares equally, signs kept", () =>
    expect(slopes((x) => norm(x, 0, { p: Number.POSITIVE_INFINITY }), [-3, 1, 3])).toEqual([[-0.5, 0, 0.5]]));
});

describe("at 0", () => {
  test("abs, sign and relu have 0", () => {
    expect(slopes(abs, [-2, 0, 2])).toEqual([[-1, 0, 1]]);
    expect(slopes(sign, [-2, 0, 2])).toEqual([[0, 0, 0]]);
    expect(slopes(relu, [-2, 0, 2])).toEqual([[0, 0, 1]]);
  });
  test("leakyRelu and elu have the left side's", () => {
    expect(slopes((x) => leakyRelu(x, 0.25), [-1, 0, 1])).toEqual([[0.25, 0.25, 1]]);
    expect(slopes((x) => elu(x), 0)).toEqual([1]);
    expect(slopes((x) => elu(x, 0.5), 0)).toEqual([0.5]);
  });
  test("softplus has a half", () => expect(slopes((x) => softplus(x), 0)).toEqual([0.5]));
  test("sqrt has infinity", () => expect(slopes(sqrt, 0)).toEqual([Number.POSITIVE_INFINITY]));
  test.each([0.5, 1, 1.5, 2, 3])("the %d-norm has 0", (p) => {
    expect(slopes((x) => norm(x, 0, { p }), [0, 0])).toEqual([[0, 0]]);
  });
  test("a norm under 1 has 0 at each 0 among others", () =>
    expect(slopes((x) => norm(x, 0, { p: 0.5 }), [0, 4])).toEqual([[0, 1]]));
  test("the standard deviation of equal numbers has 0", () =>
    expect(slopes((x) => std(x), [3, 3, 3])).toEqual([[0, 0, 0]]));
});

describe("pow", () => {
  test("by the exponent at base 0", () => {
    expect(slopes(pow, [0, 0, 0], [2, 0, -1])[1]).toEqual([0, 0, Number.NEGATIVE_INFINITY]);
  });
  test("by the base at base 0", () =>
    expect(slopes((x) => pow(x, tensor([0, 1, 2, 3], { dtype: "float64" })), [0, 0, 0, 0])).toEqual([[0, 1, 0, 0]]));
  test("of a negative base by a whole exponent", () => expect(slopes((x) => pow(x, 3), [-2])).toEqual([[12]]));
});

describe("clamp", () => {
  test("has 1 inside, 0 at the bounds and outside", () =>
    expect(slopes((x) => clamp(x, { low: -1, high: 1 }), [-2, -1, 0, 1, 2])).toEqual([[0, 0, 1, 0, 0]]));
  test("gives the upper bound where bounds cross", () =>
    expect(clamp(tensor([0, 5]), { low: 3, high: 1 }).toArray()).toEqual([1, 1]));
});

describe("not-a-number and infinity", () => {
  test("where gives the unchosen side 0, but the function there can still make it NaN", () => {
    expect(slopes((x) => where(x.greater(0), x.log(), 0), [0, 2])).toEqual([[Number.NaN, 0.5]]);
    expect(slopes((x) => where(x.greater(0), where(x.greater(0), x, 1).log(), 0), [0, 2])).toEqual([[0, 0.5]]);
    expect(slopes((x, y) => where(x.greater(0), x, y), [1], [Number.NaN])).toEqual([[1], [0]]);
  });
  test("logSumExp of infinities and of nothing", () => {
    const inf = Number.POSITIVE_INFINITY;
    expect(logSumExp(tensor([-inf, -inf])).item()).toBe(-inf);
    expect(logSumExp(tensor([inf, 1])).item()).toBe(inf);
    expect(logSumExp(tensor([[], []]), 1).toArray()).toEqual([-inf, -inf]);
  });
  test("clamp and relu keep NaN", () => {
    expect(clamp(tensor([Number.NaN]), { low: 0, high: 1 }).toArray()).toEqual([Number.NaN]);
    expect(relu(tensor([Number.NaN])).toArray()).toEqual([Number.NaN]);
  });
});

describe("cast", () => {
  test("gives each leaf a gradient of its own dtype", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    cast(x, "float64").mul(3).sum().backward();
    cast(x, "float64").sum().backward();
    expect(x.grad?.dtype).toBe("float32");
    expect(x.grad?.toArray()).toEqual([4, 4]);
  });
  test.each(["int32", "bool"] as const)("lets no gradient pass through %s", (dtype) => {
    const x = tensor([1.5, 0], { requiresGrad: true });
    expect(cast(x, dtype).requiresGrad).toBe(false);
    expect(cast(cast(x, dtype), "float32").requiresGrad).toBe(false);
  });
});
