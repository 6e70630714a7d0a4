import { ArgumentError, DTypeError, GraphError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  add,
  concat,
  customGrad,
  grad,
  gradCheck,
  isGradEnabled,
  mul,
  noGrad,
  onesLike,
  setDefaultBackend,
  split,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
  vjp,
  withBackend,
  zeros,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { between, expectClose, f64 } from "./support/numbers.js";

setDefaultBackend(cpu());

const leaf = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });

describe("backward", () => {
  test("adds to .grad, which stays the same tensor", () => {
    const x = leaf([1, 2]);
    x.mul(3).sum().backward();
    const first = x.grad;
    x.square().sum().backward();
    expect(x.grad).toBe(first);
    expect(x.grad?.toArray()).toEqual([5, 7]);
  });

  test("of a leaf itself", () => {
    const x = leaf(4);
    x.backward();
    expect(x.grad?.item()).toBe(1);
  });

  test("a second time needs retainGraph the first time", () => {
    const x = leaf([1, 2]);
    const once = x.tanh().sum();
    once.backward();
    expect(() => once.backward()).toThrow(GraphError);
    expect(() => once.backward()).toThrow(/tanh saved were freed.*retainGraph/);
    const y = x.tanh().sum();
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expectClose(
      x.grad as Tensor,
      [1, 2].map((v) => 3 * (1 - Math.tanh(v) ** 2)),
      1e-12,
    );
  });

  test("of several elements needs a cotangent of their shape", () => {
    const y = leaf([1, 2]).mul(2);
    expect(() => y.backward()).toThrow(ShapeError);
    expect(() => y.backward()).toThrow(/\[2\].*(scalar|cotangent)/);
    expect(() => y.backward(f64([1, 2, 3]))).toThrow(/\[3\].*\[2\]/);
    const x = leaf([1, 2]);
    x.mul(2).backward(f64([1, 10]));
    expect(x.grad?.toArray()).toEqual([2, 20]);
  });

  test("of one element in any shape needs none", () => {
    const x = leaf([[3]]);
    x.square().backward();
    expect(x.grad?.toArray()).toEqual([[6]]);
  });

  test("of what needs no gradient is refused", () => {
    expect(() => f64([1]).backward()).toThrow(/requires a gradient/);
    expect(() => noGrad(() => leaf(1).mul(2)).backward()).toThrow(GraphError);
  });

  test("does not change the caller's cotangent", () => {
    const x = leaf([1, 2]);
    const cotangent = f64([1, 1]);
    x.backward(cotangent);
    x.mul(2).backward(cotangent);
    expect(cotangent.toArray()).toEqual([1, 1]);
    expect(x.grad?.toArray()).toEqual([3, 3]);
  });

  test("gives leaves that share a gradient tensors of their own", () => {
    for (const createGraph of [false, true]) {
      const [a, b] = [leaf([1]), leaf([2])];
      add(a, b).sum().backward(undefined, { createGraph });
      expect(a.grad).not.toBe(b.grad);
      a.mul(5).sum().backward();
      expect(a.grad?.toArray()).toEqual([6]);
      expect(b.grad?.toArray()).toEqual([1]);
    }
  });

  test("adds up where paths meet", () => {
    const x = leaf(0.7);
    const [a, b] = [x.sin(), x.exp()];
    a.mul(b).add(a).add(x).backward();
    expectClose(x.grad as Tensor, [Math.exp(0.7) * (Math.cos(0.7) + Math.sin(0.7)) + Math.cos(0.7) + 1], 1e-12);
  });

  test("goes through 5,000 ops without running out of stack", () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 5000; i++) y = y.mul(1.0001);
    y.backward();
    expectClose(x.grad as Tensor, [1.0001 ** 5000], 1e-9);
  });

  test("goes through split parts used more than once or never", () => {
    const x = leaf([1, 2, 3, 4]);
    const [a, , c, d] = split(x, 1);
    concat([a.mul(10), c, c.mul(5), d])
      .sum()
      .backward();
    expect(x.grad?.toArray()).toEqual([10, 0, 6, 1]);
  });
});

describe("changes in place", () => {
  test("of what a gradient needs raise and name the op", () => {
    const w = leaf([2]);
    const y = w.mul(w);
    noGrad(() => w.sub_(1));
    expect(() => y.backward()).toThrow(GraphError);
    expect(() => y.backward()).toThrow(/mul needs.*changed in place/);
  });

  test("of a saved output raise too", () => {
    const y = leaf([0.5]).tanh();
    y.add_(1);
    expect(() => y.backward()).toThrow(/tanh needs.*changed in place/);
  });

  test("of what no gradient needs do not", () => {
    const x = leaf([0.5]);
    const y = x.add(1);
    y.add_(2);
    y.backward();
    expect(x.grad?.toArray()).toEqual([1]);
    expect(y.toArray()).toEqual([3.5]);
  });

  test("of values that the gradient does not read are allowed", () => {
    const w = leaf([2, 3]);
    const data = tensor([5, 7], { dtype: "float64" });
    const loss = w.mul(data).sum();
    noGrad(() => w.zero_()); // d loss / d w is the data alone
    loss.backward();
    expect(w.grad?.toArray()).toEqual([5, 7]);
  });

  test("of a leaf while recording are refused, under noGrad allowed", () => {
    const w = leaf([1, 2]);
    for (const change of [() => w.sub_(1), () => w.assign_(f64([0, 0])), () => w.zero_(), () => w.fill_(3)]) {
      expect(change).toThrow(/leaf that requires a gradient.*noGrad/);
    }
    noGrad(() =>
      w
        .sub_(1)
        .mul_(2)
        .add_(f64([1, 1]))
        .div_(2),
    );
    expect(w.toArray()).toEqual([0.5, 1.5]);
    expect(w.requiresGrad && w.isLeaf).toBe(true);
  });

  test("are recorded on tensors that are no leaves", () => {
    const x = leaf([3]);
    const y = zeros([1], { dtype: "float64" });
    y.add_(x.mul(2));
    y.backward();
    expect(x.grad?.toArray()).toEqual([2]);
  });

  test("assign_ passes gradients on to a leaf", () => {
    const x = leaf([3]);
    const y = zeros([1], { dtype: "float64" });
    y.assign_(x);
    y.mul(4).backward();
    expect(x.grad?.toArray()).toEqual([4]);
    expect(y.grad).toBeNull();
  });

  test("zero_ forgets the past", () => {
    const y = leaf([3]).mul(2);
    y.zero_();
    expect([y.requiresGrad, y.isLeaf]).toEqual([false, true]);
  });

  test("refuse another shape or dtype", () => {
    expect(() => zeros([2]).assign_(zeros([3]))).toThrow(/\[3\] into.*\[2\]/);
    expect(() => zeros([2]).assign_(zeros([2], { dtype: "int32" }))).toThrow(/int32.*float32/);
    expect(() => zeros([2]).add_(zeros([3, 2]))).toThrow(ShapeError);
  });
});

describe("what is not recorded", () => {
  test("detach cuts, and shares no later change", () => {
    const x = leaf([2]);
    const d = x.square().detach();
    expect([d.requiresGrad, d.isLeaf]).toEqual([false, true]);
    x.mul(d).backward();
    expect(x.grad?.toArray()).toEqual([4]);
    const alias = x.detach();
    alias.add_(1);
    expect(x.toArray()).toEqual([2]);
  });

  test("noGrad refuses an asynchronous function, whose rest would be recorded", async () => {
    expect(() => noGrad(async () => leaf(1))).toThrow(/noGrad: the function returned a Promise/);
    expect(() => withBackend(cpu(), async () => leaf(1))).toThrow(/withBackend: the function returned a Promise/);
    expect(isGradEnabled()).toBe(true);
  });

  test("noGrad restores recording also after an error, and nests", () => {
    const fail = (): never => {
      throw new RangeError("inside");
    };
    expect(() => noGrad(fail)).toThrow("inside");
    expect(isGradEnabled()).toBe(true);
    noGrad(() => {
      noGrad(() => expect(isGradEnabled()).toBe(false));
      expect(isGradEnabled()).toBe(false);
    });
  });

  test("only floats can ask for gradients, and only leaves", () => {
    expect(() => tensor([1], { dtype: "int32" }).requireGrad()).toThrow(DTypeError);
    expect(() => tensor([true], { requiresGrad: true })).toThrow(DTypeError);
    expect(() => leaf([1]).mul(2).requireGrad()).toThrow(/detach\(\)/);
  });
});

describe("grad", () => {
  test("of inputs that are leaves or not, without touching .grad", () => {
    const x = leaf([1, 2]);
    const y = x.square();
    const [dy, dx] = grad(y.mul(3).sum(), [y, x]);
    expect(dy.toArray()).toEqual([3, 3]);
    expect(dx.toArray()).toEqual([6, 12]);
    expect(x.grad).toBeNull();
  });

  test("of an output that is the input", () => {
    const x = leaf(2);
    const y = x.mul(3);
    expect(grad(y, [y])[0].item()).toBe(1);
  });

  test("of one part of a split", () => {
    const [a, b] = split(leaf([1, 2]), 1);
    expect(grad(a.mul(b).sum(), [b])[0].toArray()).toEqual([1]);
  });

  test("of several outputs with cotangents", () => {
    const x = leaf([1, 2]);
    const [dx] = grad([x.mul(2), x.square().sum()], [x], { cotangents: [f64([1, 10]), f64(1)] });
    expect(dx.toArray()).toEqual([4, 24]);
    expect(() => grad([x.mul(2)], [x], { cotangents: [f64([1, 1]), f64(1)] })).toThrow(ArgumentError);
  });

  test("of unused inputs is an error, or zeros on request", () => {
    const [x, unused, constant] = [leaf([1]), leaf([1, 2]), f64([[3]])];
    expect(() => grad(x.sum(), [x, unused])).toThrow(/input 1.*allowUnused/);
    expect(() => grad(x.sum(), [constant])).toThrow(/does not require a gradient/);
    const zerosOut = grad(x.sum(), [unused, constant], { allowUnused: true });
    expect(zerosOut.map((t) => t.toArray())).toEqual([[0, 0], [[0]]]);
  });

  test("of a gradient: a penalty on its norm, against the formula by hand", () => {
    // f = sum(w x^2), df/dx = 2 w x, penalty = sum((2 w x)^2), its gradients 8 w x^2 and 8 w^2 x
    const [x, w] = [leaf([1, -2]), leaf([0.5, 3])];
    const [dx] = grad(mul(w, x.square()).sum(), [x], { createGraph: true });
    dx.square().sum().backward();
    expect(w.grad?.toArray()).toEqual([4, 96]);
    expect(x.grad?.toArray()).toEqual([2, -144]);
  });

  test("of third order", () => {
    let y = leaf(0.3);
    const x = y;
    y = x.sin();
    for (let i = 0; i < 3; i++) [y] = grad(y, [x], { createGraph: true });
    expectClose(y, [-Math.cos(0.3)], 1e-12);
  });
});

describe("customGrad", () => {
  const cube = customGrad((x: Tensor) => ({
    value: x.mul(x).mul(x),
    saved: [x],
    gradient: (g, [saved]) => [g.mul(saved.square()).mul(3)],
  }));

  test("gradients of first and second order", () => {
    expect(gradCheck(cube, [f64([0.4, -1.3])], { secondOrder: true })).toMatchObject({ ok: true });
  });

  test("uses the gradient that was written, not the one of the value", () => {
    const straightThrough = customGrad((x: Tensor) => ({ value: x.sign(), gradient: (g) => [g] }));
    const x = leaf([-3, 4]);
    straightThrough(x).backward(f64([5, 6]));
    expect(x.grad?.toArray()).toEqual([5, 6]);
  });

  test("null is zero, and a value that is the input stays apart from it", () => {
    const keepFirst = customGrad((a: Tensor, b: Tensor) => ({ value: a, gradient: (g) => [g.mul(b), null] }));
    const [a, b] = [leaf([1]), leaf([7])];
    const y = keepFirst(a, b);
    expect(y).not.toBe(a);
    expect(a.isLeaf).toBe(true);
    expect(grad(y.sum(), [a, b], { allowUnused: true }).map((t) => t.toArray())).toEqual([[7], [0]]);
  });

  test("a value from outside does not become part of the tape", () => {
    const w = leaf([2]);
    const constant = customGrad((_x: Tensor) => ({ value: w, gradient: (g) => [g] }));
    constant(leaf([1])).backward();
    expect(w.isLeaf).toBe(true);
    expect(w.grad).toBeNull();
  });

  test("a wrong number or shape of gradients raises", () => {
    const short = customGrad((a: Tensor, b: Tensor) => ({ value: a.add(b), gradient: (g) => [g] }));
    expect(() => short(leaf([1]), leaf([1])).backward()).toThrow(/1 results for 2 inputs/);
    const wrong = customGrad((a: Tensor) => ({ value: a.sum(), gradient: (g) => [g] }));
    expect(() => wrong(leaf([1, 2])).backward()).toThrow(/gradient 0 is \[\], its input \[2\]/);
  });

  test("saved tensors are checked for changes in place", () => {
    const x = leaf([1]);
    const y = cube(x);
    noGrad(() => x.add_(1));
    expect(() => y.backward()).toThrow(/customGrad needs.*changed in place/);
  });
});

describe("functions of functions", () => {
  test("valueAndGrad leaves the caller's tape alone", () => {
    const w = leaf([1, 2]);
    const { value, grads } = valueAndGrad((x: Tensor, k: Tensor) => x.square().mul(k).sum())(w, f64(3));
    expect(value.item()).toBe(15);
    expect(value.requiresGrad).toBe(false);
    expect(grads.map((t) => t.toArray())).toEqual([[6, 12], 5]);
    expect(w.grad).toBeNull();
  });

  test("valueAndGrad takes whole numbers along", () => {
    const indices = tensor([1, 1], { dtype: "int32" });
    const { grads } = valueAndGrad((x: Tensor, at: Tensor) => x.indexSelect(at).sum())(f64([1, 2]), indices);
    expect(grads[0].toArray()).toEqual([0, 2]);
  });

  test("vjp pulls back any number of cotangents", () => {
    const { value, pullback } = vjp((x: Tensor) => tanh(x), [f64([0.2, 0.4])]);
    const [once] = pullback(onesLike(value));
    const [twice] = pullback(onesLike(value).mul(2));
    expectClose(twice, once.mul(2), 1e-12);
    expectClose(
      once,
      [0.2, 0.4].map((v) => 1 - Math.tanh(v) ** 2),
      1e-12,
    );
  });
});

describe("gradCheck", () => {
  test("finds a wrong gradient and says where", () => {
    const wrong = customGrad((x: Tensor) => ({ value: x.mul(2), gradient: (g) => [g.mul(f64([2, 2.001]))] }));
    expect(gradCheck(wrong, [f64([1, 1])])).toMatchObject({ ok: false, input: 0, element: 1 });
  });

  test("finds a wrong second order", () => {
    const flat = customGrad((x: Tensor) => ({ value: x.square(), gradient: (g) => [g.mul(x.detach()).mul(2)] }));
    expect(gradCheck(flat, [f64([1, 2])]).ok).toBe(true);
    expect(gradCheck(flat, [f64([1, 2])], { secondOrder: true }).ok).toBe(false);
  });

  test("does not overlook NaN among good elements", () => {
    const broken = customGrad((x: Tensor) => ({ value: x.mul(2), gradient: (g) => [g.mul(f64([2, Number.NaN, 2]))] }));
    expect(gradCheck(broken, [f64([1, 1, 1])])).toMatchObject({ ok: false, element: 1 });
  });

  test("wants float64", () => {
    expect(() => gradCheck((x) => x, [tensor([1])])).toThrow(DTypeError);
    expect(() => gradCheck((x) => x, [f64([1])], { eps: 0 })).toThrow(ArgumentError);
  });

  test("of a function that does not depend on its input", () => {
    expect(gradCheck(() => f64([1]), [between(0, 1, [3])]).ok).toBe(true);
  });
});
