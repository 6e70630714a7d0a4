// Engines as core takes them: opened, whole, and each with its own buffers.
import { tfjs } from "@unrolled/backend-tfjs";
import { BackendError, cpu, fromBuffer, getDefaultBackend, setDefaultBackend, tensor } from "unrolled";
import { expect, test } from "vitest";

const meta = { shape: [2], dtype: "float32" } as const;

test("the promise of a backend is no default backend", async () => {
  const before = getDefaultBackend();
  const opening = tfjs("cpu");
  // @ts-expect-error not awaited
  expect(() => setDefaultBackend(opening)).toThrow("await it: setDefaultBackend(await tfjs(...))");
  expect(getDefaultBackend()).toBe(before);
  await (await opening).dispose();
});

test("a buffer is taken by its own engine alone", async () => {
  const [wasm, plain] = [await tfjs("wasm"), await tfjs("cpu")];
  const buffer = wasm.upload(Float32Array.of(1, 2), [2], "float32");
  for (const other of [cpu(), plain]) {
    const take = (): unknown => fromBuffer(other as typeof wasm, buffer, meta);
    expect(take, other.name).toThrow(BackendError);
    expect(take, other.name).toThrow("fromBuffer: a buffer of another backend");
  }
  const host = Float32Array.of(1, 2) as unknown as typeof buffer;
  expect(() => fromBuffer(wasm, host, meta)).toThrow("fromBuffer: a buffer of another backend");
  const x = fromBuffer(wasm, buffer, meta);
  expect(wasm.memory().buffers).toBe(1);
  expect(x.add(tensor([1, 1], { backend: wasm })).toArray()).toEqual([2, 3]);
  x.dispose();
  expect(() => fromBuffer(wasm, buffer, meta)).toThrow("or one that was freed");
  await Promise.all([wasm.dispose(), plain.dispose()]);
});
