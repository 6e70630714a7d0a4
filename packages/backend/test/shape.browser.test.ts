import { ShapeError, table } from "@unrolled/backend";
import { expect, test } from "vitest";

test("the op table infers shapes in a browser, where nothing of Node is there", () => {
  expect("process" in globalThis && "versions" in process && process.versions.node).toBe(false);
  const [product] = table.matmul.infer(
    [
      { shape: [7, 2, 3], dtype: "float32" },
      { shape: [5, 3], dtype: "float32" },
    ],
    { transA: false, transB: true },
  );
  expect(product).toEqual({ shape: [7, 2, 5], dtype: "float32" });
});

test("its refusals are errors with a remedy there too", () => {
  const add = () =>
    table.add.infer(
      [
        { shape: [2, 3], dtype: "float32" },
        { shape: [4], dtype: "float32" },
      ],
      {},
    );
  expect(add).toThrow(ShapeError);
  expect(add).toThrow("add: shapes [2, 3] and [4] do not broadcast");
});

test("the page is isolated, so that shared memory can be had", () => {
  expect(crossOriginIsolated).toBe(true);
});
