import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { describe, expect, test } from "vitest";
import { numbers, random, run, tensor } from "./helpers.js";

describe("indices", () => {
  const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  test.each([3, -1])("gather names the index %i, the size and the axis", (index) => {
    const act = (): unknown => run("gather", [x, tensor([0, index], [2], "int32")], { axis: 1 });
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(new RegExp(`index ${index} .*axis 1 .*size 3`));
  });

  test("scatterAdd names the index, and adds repeated ones up", () => {
    const updates = tensor([10, 20, 30, 40], [2, 2]);
    const act = (): unknown => run("scatterAdd", [x, tensor([0, 5], [2], "int32"), updates], { axis: 1 });
    expect(act).toThrow(/index 5 .*axis 1 .*size 3/);
    const twice = run("scatterAdd", [x, tensor([1, 1], [2], "int32"), updates], { axis: 1 });
    expect([...twice.data]).toEqual([1, 32, 3, 4, 75, 6]);
    expect([...x.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("pow", () => {
  const special = [0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 1e-13, -1e-13, 1e13, -1e13, 0.1, -2.5, 7];
  const many = [...special, ...Array.from({ length: 2000 }, (_, i) => (i - 1000) / 99)];

  test.each([1, 2, 3, 4, 5, -1])(
    "to the power %i rounds once in float32, and keeps NaN, zeros and signs",
    (exponent) => {
      const bases = Float32Array.from(many);
      const { data } = run("pow", [tensor(bases, [bases.length], "float32"), tensor([exponent], [], "float32")], {});
      expect(data).toEqual(bases.map((base) => base ** exponent));
    },
  );

  test.each([3, 4])("to the power %i is within two units of the last place in float64", (exponent) => {
    const { data } = run("pow", [tensor(many, [many.length], "float64"), tensor([exponent], [1], "float64")], {});
    many.forEach((base, i) => {
      const wanted = base ** exponent;
      const isNear = Object.is(data[i], wanted) || Math.abs(data[i] / wanted - 1) <= 2 * Number.EPSILON;
      if (!isNear) expect(data[i], `${base} ** ${exponent}`).toBe(wanted);
    });
  });
});

describe("erf", () => {
  /** Maclaurin series with all terms positive: 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!. */
  function series(x: number): number {
    let term = x;
    let total = x;
    for (let n = 1; n < 200; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }

  test("stays within 1e-13 of its series in float64", () => {
    const points = Array.from({ length: 1201 }, (_, i) => (i - 600) / 100);
    const { data } = run("erf", [tensor(points, [points.length])], {});
    for (let i = 0; i < points.length; i++) expect(Math.abs(data[i] - series(points[i]))).toBeLessThan(1e-13);
  });

  test("at the edges", () => {
    const { data } = run("erf", [tensor([Number.NaN, Infinity, -Infinity, 0, 30], [5])], {});
    expect([...data]).toEqual([Number.NaN, 1, -1, 0, 1]);
  });
});

describe("walks", () => {
  test("transposing in tiles equals picking element by element", () => {
    const shape = [3, 70, 45];
    const x = random(numbers(1), shape);
    const y = run("transpose", [x], { perm: [2, 0, 1] });
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 70; j++)
        for (let k = 0; k < 45; k++) expect(y.data[(k * 3 + i) * 70 + j]).toBe(x.data[(i * 70 + j) * 45 + k]);
  });

  test("a sum over separated axes", () => {
    const x = tensor(
      Array.from({ length: 24 }, (_, i) => i),
      [2, 3, 4],
      "float32",
    );
    const y = run("sum", [x], { axes: [0, 2], keepDims: false });
    expect(y.data).toEqual(Float32Array.of(60, 92, 124));
  });

  test("operands that broadcast against each other", () => {
    const a = tensor([1, 2, 3], [3, 1], "int32");
    const b = tensor([10, 20], [1, 1, 2], "int32");
    expect([...run("sub", [a, b], {}).data]).toEqual([-9, -19, -8, -18, -7, -17]);
    const condition = tensor([1, 0, 1], [3, 1], "bool");
    expect([...run("where", [condition, a, b], {}).data]).toEqual([1, 1, 10, 20, 3, 3]);
  });
});

describe("buffers", () => {
  test("upload and read copy", async () => {
    const backend = cpu();
    const host = Float32Array.of(1, 2);
    const buffer = backend.upload(host, [2], "float32");
    const meta = { shape: [2], dtype: "float32" } as const;
    host[0] = 9;
    const copy = await backend.read(buffer, meta);
    copy[1] = 9;
    expect([...(await backend.read(buffer, meta))]).toEqual([1, 2]);
  });

  test("small results are zero-filled and do not overlap", () => {
    const arrays = Array.from({ length: 400 }, (_, i) => run("iota", [], { length: 17 + (i % 50), dtype: "int32" }));
    for (const { data } of arrays) data.forEach((value, i) => void expect(value).toBe(i));
    expect([...run("fill", [], { shape: [20], value: 0, dtype: "float32" }).data]).toEqual(new Array(20).fill(0));
  });
});
