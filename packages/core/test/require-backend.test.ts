import { BackendError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  arange,
  eye,
  fromBuffer,
  getDefaultBackend,
  hostInput,
  interpreter,
  linspace,
  ones,
  rand,
  setDefaultBackend,
  tensor,
  withBackend,
} from "@unrolled/core";
import { referenceBackend } from "@unrolled/testkit";
import { expect, test } from "vitest";

const backend = cpu();
const untyped = (value: unknown): typeof backend => value as typeof backend;

const wrong: [unknown, string, string][] = [
  [Promise.resolve(backend), "got a promise where a backend goes", "await it: setDefaultBackend(await tfjs(...))"],
  [cpu, "got the function cpu where a backend goes", "call it: cpu()"],
  [() => backend, "got a function where a backend goes", "call it: cpu()"],
  ["cpu", 'got "cpu" where a backend goes', "setDefaultBackend(cpu())"],
  [{}, "got an object without kernels, capabilities, upload, read, free where a", "setDefaultBackend(cpu())"],
  [{ ...backend, upload: null }, "got an object without upload where a backend goes", "setDefaultBackend(cpu())"],
  [null, "got null where a backend goes", "setDefaultBackend(cpu())"],
  [undefined, "got undefined where a backend goes", "setDefaultBackend(cpu())"],
];

test.each(wrong)("no default backend is made of %s", (value, problem, remedy) => {
  setDefaultBackend(backend);
  const set = (): void => setDefaultBackend(untyped(value));
  expect(set).toThrow(BackendError);
  expect(set).toThrow(`setDefaultBackend: ${problem}`);
  expect(set).toThrow(remedy);
  expect(getDefaultBackend()).toBe(backend);
});

test("nor is one used where an option, a runner or a move names it", async () => {
  const promise = untyped(Promise.resolve(backend));
  const options = { backend: promise };
  const calls: [string, () => unknown][] = [
    ["tensor", () => tensor([1], options)],
    ["ones", () => ones([1], options)],
    ["arange", () => arange(0, 2, 1, options)],
    ["linspace", () => linspace(0, 1, 2, options)],
    ["eye", () => eye(2, options)],
    ["rand", () => rand([2], options)],
    ["hostInput", () => hostInput(() => 1, [], { name: "rate", ...options })],
    ["interpreter", () => interpreter(promise)],
    ["withBackend", () => withBackend(promise, () => 1)],
  ];
  for (const [op, call] of calls) {
    expect(call, op).toThrow(BackendError);
    expect(call, op).toThrow(`${op}: got a promise where a backend goes; await it`);
  }
  const x = tensor([1], { backend });
  await expect(x.to(promise)).rejects.toThrow("to: got a promise where a backend goes; await it: to(await tfjs(...))");
  await expect(x.moveTo_(promise)).rejects.toThrow("moveTo_: got a promise");
  expect(x.backend).toBe(backend);
});

test("a backend without a kernel is refused before it is used", () => {
  const { tanh, erf, ...kernels } = backend.kernels;
  const lame = untyped({ ...backend, name: "lame", kernels });
  for (const use of [() => setDefaultBackend(lame), () => tensor([1], { backend: lame })]) {
    expect(use).toThrow(BackendError);
    expect(use).toThrow("the backend lame has no kernel for tanh, erf");
  }
  expect(ones([1], { backend: { ...backend, kernels: { ...kernels, tanh, erf } } }).toArray()).toEqual([1]);
});

test("a buffer is taken by the backend that made it alone", () => {
  const meta = { shape: [2], dtype: "float32" } as const;
  const [one, two] = [referenceBackend(), referenceBackend()];
  const foreign = one.upload(Float32Array.of(1, 2), [2], "float32");
  for (const make of [
    () => fromBuffer(backend, foreign as unknown as Float32Array, meta),
    () => fromBuffer(two, foreign, meta),
  ]) {
    expect(make).toThrow(BackendError);
    expect(make).toThrow("fromBuffer: a buffer of another backend");
  }
  const x = fromBuffer(one, foreign, meta);
  expect(x.toArray()).toEqual([1, 2]);
  expect(one.memory().buffers).toBe(1);
  x.dispose();
  expect(one.memory().buffers).toBe(0);
});
