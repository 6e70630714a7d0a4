// One warning a process, so the loops that deserve none come first.
import { ones, scope, type Tensor } from "@unrolled/core";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { fakeDevice } from "./support/device.js";

let warn: MockInstance<typeof console.warn>;
beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => warn.mockRestore());

function repeat(body: (w: Tensor) => void): void {
  const w = ones([2], { backend: fakeDevice().backend, requiresGrad: true });
  for (let i = 0; i < 300; i++) body(w);
}
const squared = (w: Tensor): Tensor => w.mul(2).add(1).mul(w).sum();

describe("no warning", () => {
  test("where a scope frees the tensors of each pass, though the losses are kept", () => {
    const losses: Tensor[] = [];
    repeat((w) => {
      const loss = scope(() => {
        const loss = squared(w);
        loss.backward();
        return loss.detach();
      });
      losses.push(loss);
    });
    expect(losses.length).toBe(300);
    expect(warn).not.toHaveBeenCalled();
  });

  test("where a loss and a metric of each pass are kept", () => {
    const kept: Tensor[] = [];
    repeat((w) => {
      const loss = w.sum();
      loss.backward();
      kept.push(loss, loss.detach());
    });
    expect(kept.length).toBe(600);
    expect(warn).not.toHaveBeenCalled();
  });

  test("where much is made at once, between passes that leave nothing", () => {
    const held: Tensor[] = [];
    repeat((w) => {
      if (held.length === 0) for (let i = 0; i < 2000; i++) held.push(w.detach());
      const loss = w.sum();
      loss.backward();
      loss.dispose();
    });
    expect(held.length).toBe(2000);
    expect(warn).not.toHaveBeenCalled();
  });
});

test("a loop whose backward passes each leave tensors behind is warned about once, with the remedy", () => {
  repeat((w) => squared(w).backward());
  expect(warn).toHaveBeenCalledTimes(1);
  const [message] = warn.mock.calls[0];
  expect(message).toContain("alive on device, made outside any scope; each of the last 101 backward passes left some,");
  expect(message).toContain("the last one 6. JavaScript");
  expect(message).toMatch(/scope\(\(\) => \.\.\.\), use optimizer\.step\(\(\) => loss\), or dispose\(\) them\.$/);
});
