import { ArgumentError, BackendError } from "@unrolled/backend";
import {
  applyFused,
  applyUpdate,
  keep,
  noGrad,
  ones,
  scope,
  type Tensor,
  tensor,
  withBackend,
  zeros,
} from "@unrolled/core";
import { describe, expect, test, vi } from "vitest";
import { fakeDevice } from "./support/device.js";

describe("scope", () => {
  test("frees what it made and did not return", () => {
    const { backend, buffers } = fakeDevice();
    const x = tensor([1, 2], { backend });
    const y = scope(() => x.add(1).mul(2).exp().log());
    expect(buffers()).toBe(2);
    expect(y.shape).toEqual([2]);
    expect(x.toArray()).toEqual([1, 2]);
    y.dispose();
    expect(buffers()).toBe(1);
  });

  test("frees also when the function throws", () => {
    const { backend, buffers } = fakeDevice();
    const x = tensor([1, 2], { backend });
    const fail = (): never => {
      x.add(1);
      throw new RangeError("inside");
    };
    expect(() => scope(fail)).toThrow("inside");
    expect(buffers()).toBe(1);
    expect(scope(() => x.add(1)).isDisposed).toBe(false);
  });

  test("refuses a function that returns a Promise, and frees what that made", () => {
    const { backend, buffers } = fakeDevice();
    const later = (async () => zeros([2], { backend })) as unknown as () => number;
    expect(() => scope(later)).toThrow(ArgumentError);
    expect(() => scope(later)).toThrow(/Promise.*synchronous/);
    expect(buffers()).toBe(0);
  });

  test("keeps tensors in arrays and plain objects, until the scope around it ends", () => {
    const { backend, buffers } = fakeDevice();
    scope(() => {
      const { pair, deep } = scope(() => {
        const [a, b, c] = [1, 2, 3].map((v) => tensor(v, { backend }));
        return { pair: [a, b] as const, deep: { more: [{ c: c.add(1) }] }, n: 3, nothing: null };
      });
      expect([...pair, deep.more[0].c].map((t) => t.item())).toEqual([1, 2, 4]);
      expect(buffers()).toBe(3);
    });
    expect(buffers()).toBe(0);
  });

  test("leaves kept tensors and those from outside alone", () => {
    const { backend, buffers } = fakeDevice();
    const outside = zeros([1], { backend });
    let kept: Tensor | undefined;
    scope(() => {
      outside.add(1);
      kept = keep(outside.add(2));
    });
    expect(kept?.toArray()).toEqual([2]);
    expect(buffers()).toBe(2);
  });

  test("lets changes in place live on", () => {
    const { backend, buffers } = fakeDevice();
    const w = ones([2], { backend, requiresGrad: true });
    for (let i = 0; i < 3; i++) scope(() => noGrad(() => w.sub_(w.mul(0.5))));
    expect(w.toArray()).toEqual([0.125, 0.125]);
    expect(buffers()).toBe(1);
  });
});

describe("a training step", () => {
  function step(w: Tensor, b: Tensor, x: Tensor, fusedUpdate: boolean): number {
    return scope(() => {
      const [y] = applyFused("linear", [x, w, b], {});
      const loss = y.tanh().square().mean();
      loss.backward();
      for (const p of [w, b]) {
        const lr = tensor(0.1, { backend: x.backend });
        if (fusedUpdate) {
          const attrs = { momentum: 0, nesterov: false, weightDecay: 0, maximize: false };
          noGrad(() => p.assign_(applyUpdate("sgdStep", [p, p.grad as Tensor, null, lr, null], attrs)[0]));
        } else noGrad(() => p.sub_((p.grad as Tensor).mul(lr)));
        p.grad?.dispose();
        p.grad = null;
      }
      return loss.item();
    });
  }

  test.each([true, false])("leaves as many buffers as there were (fused: %s)", (fused) => {
    const { backend, buffers, reserves } = fakeDevice({ fused });
    const w = ones([2, 3], { backend, requiresGrad: true });
    const b = zeros([2], { backend, requiresGrad: true });
    const x = tensor([[1, 2, 3]], { backend });
    const losses = Array.from({ length: 4 }, () => {
      const loss = step(w, b, x, fused);
      expect(buffers()).toBe(3);
      expect(reserves()).toBe(0);
      return loss;
    });
    expect(losses).toEqual([...losses].sort((p, q) => q - p));
  });

  test("that stops before backward keeps no reserve either", () => {
    const { backend, buffers, reserves } = fakeDevice();
    const w = ones([2, 3], { backend, requiresGrad: true });
    scope(() => {
      const [y] = applyFused("linear", [ones([1, 3], { backend }), w, null], {});
      expect(reserves()).toBe(1);
      return y.sum().item();
    });
    expect([buffers(), reserves()]).toEqual([1, 0]);
  });

  test("keeps .grad, alone, beyond the scope, and adds to it", () => {
    const { backend, buffers } = fakeDevice();
    const w = ones([2], { backend, requiresGrad: true });
    for (let i = 1; i <= 3; i++) {
      scope(() => w.mul(2).tanh().sum().backward());
      expect(buffers()).toBe(2);
    }
    const slope = 6 * (1 - Math.tanh(2) ** 2);
    expect((w.grad as Tensor).dataSync()[0]).toBeCloseTo(slope, 5);
  });

  test("frees what backward made even outside a scope", () => {
    const { backend, buffers } = fakeDevice();
    const w = ones([2], { backend, requiresGrad: true });
    const loss = w.mul(w).sum();
    const before = buffers();
    loss.backward();
    expect(buffers()).toBe(before + 1);
  });
});

describe("one tensor", () => {
  test("detach shares the buffer, which goes with the last holder", () => {
    const { backend, buffers } = fakeDevice();
    const x = tensor([1, 2], { backend });
    const [a, b] = [x.detach(), x.detach()];
    expect(buffers()).toBe(1);
    x.dispose();
    a.dispose();
    expect(b.toArray()).toEqual([1, 2]);
    b.dispose();
    expect(buffers()).toBe(0);
  });

  test("reshape may share a buffer that the backend counts", () => {
    const { backend, buffers } = fakeDevice();
    const x = tensor([1, 2], { backend });
    const row = x.reshape([1, 2]);
    const again = row.detach();
    expect(buffers()).toBe(1);
    for (const t of [row, x]) t.dispose();
    expect(again.toArray()).toEqual([[1, 2]]);
    again.dispose();
    expect(buffers()).toBe(0);
  });

  test("assign_ shares and lets go of what was there", () => {
    const { backend, buffers } = fakeDevice();
    const [x, y] = [zeros([2], { backend }), ones([2], { backend })];
    x.assign_(y);
    expect(buffers()).toBe(1);
    y.dispose();
    expect(x.toArray()).toEqual([1, 1]);
    x.assign_(x);
    expect(x.toArray()).toEqual([1, 1]);
    x.dispose();
    expect(buffers()).toBe(0);
  });

  test("dispose twice is the same as once, and use afterwards raises", () => {
    const { backend, buffers } = fakeDevice();
    const x = tensor([1, 2], { backend });
    x.dispose();
    x.dispose();
    expect(buffers()).toBe(0);
    expect(x.isDisposed).toBe(true);
    for (const use of [() => x.add(1), () => x.dataSync(), () => x.detach(), () => x.reshape([2, 1])]) {
      expect(use).toThrow(BackendError);
      expect(use).toThrow(/after it was disposed of/);
    }
  });

  test("has the method that `using` calls", () => {
    const { backend, buffers } = fakeDevice();
    const x = zeros([1], { backend });
    x[Symbol.dispose]();
    expect(buffers()).toBe(0);
  });

  test("moves to another backend and back without leaving a buffer behind", async () => {
    const [one, other] = [fakeDevice(), fakeDevice()];
    const x = tensor([1, 2], { backend: one.backend, requiresGrad: true });
    x.sum().backward();
    const moved = await x.to(other.backend);
    expect(moved.requiresGrad).toBe(true);
    expect(moved.toArray()).toEqual([1, 2]);
    moved.dispose();
    await x.moveTo_(other.backend);
    expect(x.backend).toBe(other.backend);
    expect(x.grad?.backend).toBe(other.backend);
    expect(other.buffers()).toBe(2);
    x.grad?.dispose();
    x.dispose();
    expect(other.buffers()).toBe(0);
  });

  test("meets no tensor of another backend", () => {
    const [a, b] = [tensor([1], { backend: fakeDevice().backend }), tensor([1], { backend: fakeDevice().backend })];
    expect(() => a.add(b)).toThrow(BackendError);
    expect(() => a.add(b)).toThrow(/two backends.*to\(backend\)/);
  });

  test("is read with await where nothing else is offered", async () => {
    const { backend } = fakeDevice({ readSync: false });
    const x = tensor([1, 2], { backend });
    expect([...(await x.data())]).toEqual([1, 2]);
    for (const read of [() => x.dataSync(), () => x.toArray(), () => x.sum().item()]) {
      expect(read).toThrow(BackendError);
      expect(read).toThrow(/await tensor\.data\(\)/);
    }
  });
});

test("a loop outside any scope is warned about once", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { backend } = fakeDevice();
  const held = withBackend(backend, () => Array.from({ length: 20_100 }, () => zeros([1])));
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0][0]).toMatch(/alive on device.*scope\(\(\) => /);
  for (const t of held) t.dispose();
  warn.mockRestore();
});

test.each([scope, noGrad])("%o without a function is refused in plain words", (run) => {
  const untyped = run as (fn?: unknown) => unknown;
  expect(() => untyped()).toThrow(ArgumentError);
  expect(() => untyped()).toThrow(`${run.name}: got undefined where a function goes; give one: ${run.name}(() => ...)`);
  expect(() => untyped(null)).toThrow("got null where a function goes");
  expect(() => untyped("x")).toThrow("got a value of type string where a function goes");
});
