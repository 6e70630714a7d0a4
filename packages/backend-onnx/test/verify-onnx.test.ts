import { ArgumentError, ShapeError } from "@unrolled/backend";
import { largestDifference, loadOnnx, verifyOnnx } from "@unrolled/backend-onnx";
import { expect, test } from "vitest";
import { f32 } from "../../onnx/test/values.js";
import { addModel } from "./models.js";

test("the largest difference, absolute and to the largest expected value", () => {
  expect(largestDifference(Float32Array.of(1, 2.5, 8), Float32Array.of(1, 2, -8))).toEqual({
    absolute: 16,
    relative: 2,
  });
  expect(largestDifference(f32([2], [1, 2]), Float32Array.of(1, 2))).toEqual({ absolute: 0, relative: 0 });
  expect(largestDifference(Float32Array.of(1), Float32Array.of(0))).toEqual({ absolute: 1, relative: Infinity });
});

test("NaN and infinities differ from numbers only", () => {
  const odd = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY);
  expect(largestDifference(odd, odd.slice()).absolute).toBe(0);
  for (const other of [Float32Array.of(1, Infinity), Float32Array.of(Number.NaN, -Infinity)]) {
    expect(largestDifference(odd, other)).toEqual({ absolute: Infinity, relative: Infinity });
    expect(largestDifference(other, odd).absolute).toBe(Infinity);
  }
});

test("other shapes are refused", () => {
  expect(() => largestDifference(f32([2], [1, 2]), f32([1, 2], [1, 2]))).toThrow(ShapeError);
  expect(() => largestDifference(Float32Array.of(1), Float32Array.of(1, 2))).toThrow(/\[1\] against \[2\]/);
});

test("verifyOnnx takes the worst of all samples", async () => {
  const bytes = addModel(["n"], ["n"], ["n"]);
  const sample = (a: number, y: number) => ({ inputs: { a: [a], b: [1] }, outputs: { y: f32([1], [y]) } });
  const samples = [sample(1, 2), sample(3, 4.5), sample(7, 8)];
  const expected = { y: { absolute: 0.5, relative: 0.5 / 4.5 } };
  expect(await verifyOnnx(bytes, samples, { threads: 1 })).toEqual(expected);
  await using session = await loadOnnx(bytes);
  expect(await verifyOnnx(session, samples)).toEqual(expected);
  await expect(verifyOnnx(session, samples, { threads: 1 })).rejects.toThrow(/give them to loadOnnx/);
  await expect(verifyOnnx(session, [])).rejects.toBeInstanceOf(ArgumentError);
  await expect(verifyOnnx(session, [{ inputs: {}, outputs: {} }])).rejects.toThrow(/nothing to compare/);
});
