import { ArgumentError, type Backend, stridesOf } from "@unrolled/backend";
import { tfjs } from "@unrolled/backend-tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectValues, type Host, host, noise, range, run } from "./harness.js";

const nan = Number.NaN;
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** `x` at the position that `from` gives for each output position. */
function picked(x: Host, shape: readonly number[], from: (at: readonly number[]) => number[]): number[] {
  const [strides, outStrides] = [stridesOf(x.shape), stridesOf(shape)];
  return range(sizeOf(shape)).map((i) => {
    const position = from(outStrides.map((stride, d) => Math.floor(i / stride) % shape[d]));
    return x.data[position.reduce((sum, n, d) => sum + n * strides[d], 0)];
  });
}

// What the conformance suite does not reach, and where a kernel of TensorFlow.js is known to go wrong.
describe.each(["cpu", "wasm"] as const)("%s", (engine) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await tfjs(engine);
  });
  afterAll(() => backend.dispose());

  test.each([1, 3, 4, 5, 8, 17, 33])("NaN wins at every place of %i", (length) => {
    for (let at = 0; at < length; at++) {
      const x = host(range(length).map((i) => (i === at ? nan : i - 3)));
      for (const op of ["maximum", "minimum"] as const) {
        for (const other of [host([1], []), host(new Array(length).fill(1))]) {
          expect(run(backend, op, [x, other], {}).values[at]).toBeNaN();
          expect(run(backend, op, [other, x], {}).values[at]).toBeNaN();
        }
      }
      expect(run(backend, "max", [x], { axes: [0], keepDims: false }).values[0]).toBeNaN();
      expect(run(backend, "argmax", [x], { axis: 0, keepDims: false }).values).toEqual([at]);
    }
  });

  test.each([
    [
      [2, 1, 2, 1, 2, 1, 2, 1],
      [1, 3, 1, 3, 1, 3, 1, 3],
    ],
    [
      [1, 1, 1, 2, 1, 1, 1, 1],
      [2, 1, 1, 1, 1, 1, 1, 1],
    ],
    [[2, 2, 2, 2, 2, 2, 2, 2], [2]],
  ])("%j and %j broadcast", (shapeA, shapeB) => {
    const x = host(noise(sizeOf(shapeA), 2), shapeA);
    const y = host(noise(sizeOf(shapeB), 3), shapeB);
    const { values, meta } = run(backend, "sub", [x, y], {});
    const spread = (z: Host): number[] =>
      picked(z, meta.shape, (at) => z.shape.map((n, d) => (n === 1 ? 0 : at[d + at.length - z.shape.length])));
    const [left, right] = [spread(x), spread(y)];
    expect(values).toEqual(left.map((v, i) => Math.fround(v - right[i])));
    expect(run(backend, "less", [x, y], {}).values).toEqual(left.map((v, i) => Number(v < right[i])));
    expect(run(backend, "maximum", [x, y], {}).values).toEqual(left.map((v, i) => Math.max(v, right[i])));
    const wide = run(backend, "broadcast", [y], { shape: meta.shape });
    expect(wide.values).toEqual(right);
  });

  test("eight dimensions: transpose, slice, flip, sum, pad", () => {
    const shape = [2, 2, 2, 2, 2, 2, 2, 2];
    const x = host(range(256), shape);
    const backwards = range(8).reverse();
    expect(run(backend, "transpose", [x], { perm: backwards }).values).toEqual(
      picked(x, shape, (at) => at.toReversed()),
    );
    const [ones, twos] = [shape.map(() => 1), shape.map(() => 2)];
    expect(run(backend, "slice", [x], { starts: ones, ends: twos, steps: ones }).values).toEqual([255]);
    expect(run(backend, "flip", [x], { axes: range(8) }).values).toEqual(range(256).reverse());
    const evenAxes = run(backend, "sum", [x], { axes: [0, 2, 4, 6], keepDims: false }).values;
    expect(evenAxes[0]).toBe(range(256).reduce((sum, i) => (i & 0b01010101 ? sum : sum + i), 0));
    const first = (width: number): number[] => [width, 0, 0, 0, 0, 0, 0, 0];
    const long = run(backend, "pad", [x], { before: first(1), after: first(0), value: 7 });
    expect(long.values).toEqual([...range(128).map(() => 7), ...range(256)]);
  });

  test("pad with NaN and with a large int32", () => {
    const one = { before: [1], after: [0] };
    expectValues(run(backend, "pad", [host([1])], { ...one, value: nan }).values, [nan, 1]);
    const large = run(backend, "pad", [host([1], [1], "int32")], { ...one, value: 16777217 });
    expect(large.values).toEqual([16777217, 1]);
  });

  test.each(["float32", "int32", "bool"] as const)("strides, flips and choices of %s", (dtype) => {
    const x = host(
      range(60).map((i) => (dtype === "bool" ? ((i * i) % 3) & 1 : i + 1)),
      [3, 4, 5],
      dtype,
    );
    const slice = run(backend, "slice", [x], { starts: [1, 0, 1], ends: [3, 4, 5], steps: [1, 3, 2] });
    expect(slice.values).toEqual(picked(x, [2, 2, 2], ([i, j, k]) => [i + 1, j * 3, k * 2 + 1]));
    const flip = run(backend, "flip", [x], { axes: [0, 2] });
    expect(flip.values).toEqual(picked(x, x.shape, ([i, j, k]) => [2 - i, j, 4 - k]));
    const condition = host(
      range(60).map((i) => Number(i % 7 < 3)),
      [3, 4, 5],
      "bool",
    );
    const where = run(backend, "where", [condition, x, host(flip.values, [3, 4, 5], dtype)], {});
    expect(where.values).toEqual(range(60).map((i) => (i % 7 < 3 ? x.data[i] : flip.values[i])));
  });

  test("cast to bool looks at the whole number", () => {
    expect(run(backend, "cast", [host([nan, 0.3, 256, 0])], { dtype: "bool" }).values).toEqual([1, 1, 1, 0]);
    expect(run(backend, "cast", [host([256, -1, 0], [3], "int32")], { dtype: "bool" }).values).toEqual([1, 1, 0]);
  });

  test("a long sum keeps its digits", () => {
    const tenth = new Float32Array(100_003).fill(0.1);
    const sum = (x: Float32Array, shape: number[]): number[] =>
      run(backend, "sum", [host(x, shape)], { axes: [0], keepDims: false }).values;
    expectValues(sum(tenth, [100_003]), [100_003 * tenth[0]], 1e-6);
    expectValues(sum(tenth.subarray(0, 100_000), [50_000, 2]), [50_000 * tenth[0], 50_000 * tenth[0]], 1e-6);
  });

  test.each([
    { a: [64, 33], b: [33, 70] },
    { a: [3, 20, 33], b: [33, 20] },
  ])("large matmul $a by $b, each operand transposed or not", ({ a, b }) => {
    const [x, y] = [host(noise(sizeOf(a), 5), a), host(noise(sizeOf(b), 6), b)];
    const swap = (z: Host): Host => {
      const shape = [...z.shape.slice(0, -2), z.shape.at(-1)!, z.shape.at(-2)!];
      return host(
        picked(z, shape, (at) => [...at.slice(0, -2), at.at(-1)!, at.at(-2)!]),
        shape,
      );
    };
    const [inner, columns] = b;
    const expected = range((sizeOf(a) / inner) * columns).map((i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return range(inner).reduce((sum, k) => sum + x.data[row * inner + k] * y.data[k * columns + column], 0);
    });
    for (const transA of [false, true]) {
      for (const transB of [false, true]) {
        const operands = [transA ? swap(x) : x, transB ? swap(y) : y];
        expectValues(run(backend, "matmul", operands, { transA, transB }).values, expected, 1e-5);
      }
    }
  });

  test("a bias that was made under another shape", () => {
    const meta = (...shape: number[]) => ({ shape, dtype: "float32" }) as const;
    const weight = backend.upload(Float32Array.of(2), [1, 1], "float32");
    const scalar = backend.upload(Float32Array.of(5), [], "float32");
    const [bias] = backend.kernels.reshape([scalar], { attrs: { shape: [1] }, in: [meta()], out: [meta(1)] });
    const call = { attrs: {}, in: [meta(1, 1), meta(1, 1), meta(1)], out: [meta(1, 1)] } as const;
    const { out } = backend.fused?.linear?.forward([weight, weight, bias], call, false) ?? { out: [] };
    expect(backend.readSync?.(out[0] as object, meta(1, 1))).toEqual(Float32Array.of(9));
    for (const buffer of [weight, scalar, bias, ...out]) backend.free(buffer);
  });

  test.each([-1, 3])("index %i out of range is refused", (index) => {
    const x = host(range(6), [3, 2]);
    const indices = host([0, index], [2], "int32");
    expect(() => run(backend, "gather", [x, indices], { axis: 0 })).toThrow(ArgumentError);
    expect(() => run(backend, "scatterAdd", [x, indices, host(range(4), [2, 2])], { axis: 0 })).toThrow(
      `scatterAdd: index ${index} at position 1 is outside [0, 3)`,
    );
  });
});
