import { ArgumentError, DTypeError, type Meta, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { fromBuffer } from "@unrolled/core";
import { referenceBackend } from "@unrolled/testkit";
import { expect, test } from "vitest";
import { fakeDevice } from "./support/device.js";

const backend = cpu();
const host = Float32Array.of(1, 2, 3, 4);

test("a buffer becomes a tensor", () => {
  expect(fromBuffer(backend, host, { shape: [2, 2], dtype: "float32" }).toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test.each<[string, object, Meta, new (...args: never[]) => Error, string]>([
  ["too large", host, { shape: [2, 3], dtype: "float32" }, ShapeError, "the buffer has 4 elements, [2, 3] has 6"],
  ["too small", host, { shape: [], dtype: "float32" }, ShapeError, "the buffer has 4 elements, [] has 1"],
  ["another dtype", host, { shape: [4], dtype: "int32" }, DTypeError, "the buffer is float32, not int32"],
  ["bool for bytes", host, { shape: [4], dtype: "bool" }, DTypeError, "the buffer is float32, not bool"],
])("a host array is held to its size and dtype: %s", (_what, buffer, meta, error, message) => {
  const make = (): unknown => fromBuffer(backend, buffer as Float32Array, meta);
  expect(make).toThrow(error);
  expect(make).toThrow(message);
});

test("a buffer that says its shape and dtype is held to them", () => {
  const device = referenceBackend();
  const buffer = device.upload(host, [2, 2], "float32");
  const as = (meta: Meta) => (): unknown => fromBuffer(device, buffer, meta);
  expect(as({ shape: [4], dtype: "float32" })).toThrow(ShapeError);
  expect(as({ shape: [4], dtype: "float32" })).toThrow(
    "the buffer is [2, 2], not [4]; give its own shape, then reshape",
  );
  expect(as({ shape: [2, 2], dtype: "float64" })).toThrow("the buffer is float32, not float64");
});

test("a buffer that says nothing is believed", () => {
  const device = fakeDevice().backend;
  const x = fromBuffer(device, device.upload(host, [2, 2], "float32"), { shape: [2, 2], dtype: "float32" });
  expect(x.sum().item()).toBe(10);
});

test.each([null, undefined, 3])("no buffer, %s, is refused", (nothing) => {
  const make = (): unknown => fromBuffer(backend, nothing as never, { shape: [], dtype: "float32" });
  expect(make).toThrow(ArgumentError);
  expect(make).toThrow(`the buffer is ${nothing}; give one that the backend made`);
});

test("shape and dtype may stand on anything, such as the buffer itself, and are asked for", () => {
  const device = referenceBackend();
  const buffer = device.upload(host, [2, 2], "float32");
  expect(fromBuffer(device, buffer, buffer).shape).toEqual([2, 2]);
  expect(() => fromBuffer(backend, host, null as never)).toThrow(ArgumentError);
  expect(() => fromBuffer(backend, host, undefined as never)).toThrow("the third argument is undefined; give { shape");
  expect(() => fromBuffer(backend, host, { dtype: "float32" } as never)).toThrow(ShapeError);
  expect(() => fromBuffer(backend, host, { shape: [4] } as never)).toThrow(DTypeError);
  expect(() => fromBuffer(backend, host, { shape: [4] } as never)).toThrow("no dtype is given; give the buffer's own");
});
