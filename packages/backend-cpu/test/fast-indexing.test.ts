import { ArgumentError, type Call, type TypedArray, table } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { fastGather, fastScatterAdd } from "../src/fast/indexing.js";
import { gather, scatterAdd } from "../src/indexing.js";
import { f32, floats } from "./fast-kernels.js";
import { testEngines } from "./fast-sequence.js";

const cases: readonly (readonly [shape: readonly number[], axis: number, count: number])[] = [
  [[7, 33], 0, 100],
  [[1, 1], 0, 4000],
  [[65, 64], 0, 65],
  [[5, 17, 3], 1, 1001],
  [[3, 5, 700], 0, 3],
  [[33, 129], 1, 65],
  [[100, 33], 0, 1000],
  [[3, 0, 5], 1, 0],
  [[9, 3000], 0, 0],
];

describe.each(testEngines())("indexing in WebAssembly with %s", (_name, engine) => {
  test.each(cases)("%j along axis %i, %i indices: equals the plain kernel to the bit", (shape, axis, count) => {
    const size = shape.reduce((n, d) => n * d, 1);
    const x = floats(1, size);
    if (size > 5) x.set([NaN, Infinity, -0], 1);
    const indices = Int32Array.from({ length: count }, (_, i) => (i * 7919) % shape[axis]);
    const index = { shape: [count], dtype: "int32" } as const;
    const picked: Call<"gather"> = {
      attrs: { axis },
      in: [f32(shape), index],
      out: table.gather.infer([f32(shape), index], { axis }),
    };
    const [got] = fastGather(() => engine)([x, indices], picked);
    expect(got).toEqual(gather([x, indices], picked)[0]);

    const updates = floats(2, got.length);
    const metas = [f32(shape), index, picked.out[0]] as const;
    const added: Call<"scatterAdd"> = { attrs: { axis }, in: metas, out: [f32(shape)] };
    const inputs = [x, indices, updates] as const;
    const before = x.slice();
    expect(fastScatterAdd(() => engine)(inputs, added)).toEqual(scatterAdd(inputs, added));
    expect(x).toEqual(before);
  });

  test.each([-1, 7])("index %i of 7 is refused", (wrong) => {
    const x = floats(1, 7 * 40);
    const indices = new Int32Array(100);
    indices[99] = wrong;
    const metas = [f32([7, 40]), { shape: [100], dtype: "int32" }] as const;
    const updates: TypedArray = new Float32Array(4000);
    expect(() =>
      fastGather(() => engine)([x, indices], { attrs: { axis: 0 }, in: metas, out: [f32([100, 40])] }),
    ).toThrow(ArgumentError);
    expect(() =>
      fastScatterAdd(() => engine)([x, indices, updates], {
        attrs: { axis: 0 },
        in: [...metas, f32([100, 40])],
        out: [f32([7, 40])],
      }),
    ).toThrow("element 99 of the indices");
  });
});
