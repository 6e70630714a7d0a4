import { allocate, bytesPerElement, type DType, DTypeError, dtypeOf, dtypes, isFloat } from "@unrolled/backend";
import { expect, test } from "vitest";

test.each(dtypes)("a host array of %s is zero-filled, of the right type and width", (dtype) => {
  const data = allocate(dtype, 3);
  expect([...data]).toEqual([0, 0, 0]);
  expect(dtypeOf(data)).toBe(dtype);
  expect(data.BYTES_PER_ELEMENT).toBe(bytesPerElement(dtype));
});

test("floats are float32 and float64", () => {
  expect(dtypes.filter(isFloat)).toEqual(["float32", "float64"]);
});

test("an unknown dtype is refused by name", () => {
  const unknown: string = "float16";
  expect(() => allocate(unknown as DType, 1)).toThrow(DTypeError);
  expect(() => allocate(unknown as DType, 1)).toThrow('allocate: unknown dtype "float16"; use one of float32');
});
