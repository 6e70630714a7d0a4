// The engine is not a dependency: these tests run where @tensorflow/tfjs-node is installed or `npm run setup:tfjs-node` was run.
import "@tensorflow/tfjs-backend-cpu";
import * as user from "@tensorflow/tfjs-core";
import { ArgumentError, type Backend, BackendError } from "@unrolled/backend";
import { type TfjsBackend, tfjs } from "@unrolled/backend-tfjs";
import { describeConformance } from "@unrolled/testkit";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { expectValues, host, noise, range, run } from "./harness.js";

process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // no notes on the processor's instructions

/** Why the engine cannot be tested here; null where it can. An engine that is there but broken is a failure, not a reason. */
async function reasonToSkip(): Promise<string | null> {
  try {
    await (await tfjs("tensorflow")).dispose();
    return null;
  } catch (error) {
    const expected = /cannot find @tensorflow\/tfjs-node|does not run on Node/;
    if (error instanceof BackendError && expected.test(error.message)) return error.message;
    throw error;
  }
}

const reason = await reasonToSkip();

if (reason !== null) {
  console.warn(`Skipped, as the TensorFlow engine is not there (npm run setup:tfjs-node sets it up):\n  ${reason}`);
  test.skip(`tensorflow (${reason})`, () => undefined);
} else {
  describeConformance({ describe, it }, { name: "tfjs-tensorflow", backend: () => tfjs("tensorflow") });
  describe("tensorflow", engineTests);
}

function engineTests(): void {
  const nan = Number.NaN;
  let backend: TfjsBackend;
  beforeAll(async () => {
    backend = await tfjs("tensorflow");
  });
  afterAll(() => backend.dispose());

  test.each([1, 4, 5, 8, 17, 33])("NaN wins at every place of %i", (length) => {
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

  test("eight dimensions that alternate", () => {
    const [a, b] = [
      [2, 1, 2, 1, 2, 1, 2, 1],
      [1, 3, 1, 3, 1, 3, 1, 3],
    ];
    const [x, y] = [host(noise(16, 2), a), host(noise(81, 3), b)];
    const shape = [2, 3, 2, 3, 2, 3, 2, 3];
    const [wideX, wideY] = [x, y].map((z) => run(backend, "broadcast", [z], { shape }).values);
    const bits = (i: number): number => [0, 2, 4, 6].reduce((sum, d) => sum * 2 + (Math.floor(i / stride(d)) % 2), 0);
    const stride = (axis: number): number => shape.slice(axis + 1).reduce((size, n) => size * n, 1);
    expect(wideX).toEqual(range(1296).map((i) => x.data[bits(i)]));
    expect(run(backend, "sub", [x, y], {}).values).toEqual(wideX.map((v, i) => Math.fround(v - wideY[i])));
    const condition = host(
      range(81).map((i) => i & 1),
      b,
      "bool",
    );
    const where = run(backend, "where", [condition, x, y], {}).values;
    expect(where[0]).toBe(y.data[0]);
    expect(where[1]).toBe(x.data[0]);
  });

  test.each([
    [[100_003], [0]],
    [[50_000, 2], [0]],
    [[2, 30_000], [1]],
    [
      [2, 50, 2, 600],
      [1, 3],
    ],
  ])("a sum over %j along %j keeps its digits", (shape, axes) => {
    const [size, kept] = [shape.reduce((a, b) => a * b, 1), shape.filter((_, i) => !axes.includes(i))];
    const terms = size / kept.reduce((a, b) => a * b, 1);
    const x = host(new Float32Array(size).fill(0.1), shape);
    const { values } = run(backend, "sum", [x], { axes, keepDims: false });
    expectValues(values, new Array(values.length).fill(terms * Math.fround(0.1)), 2e-6);
  });

  test("cast of NaN to int32 is 0", () => {
    expect(run(backend, "cast", [host([nan, -1.7, 3.9])], { dtype: "int32" }).values).toEqual([0, -1, 3]);
  });

  test.each([-1, 3])("index %i out of range is refused, also within another row", (index) => {
    const x = host(range(6), [2, 3]);
    const indices = host([0, index], [2], "int32");
    expect(() => run(backend, "gather", [x, indices], { axis: 1 })).toThrow(ArgumentError);
    expect(() => run(backend, "scatterAdd", [x, indices, host(range(4), [2, 2])], { axis: 1 })).toThrow(
      `scatterAdd: index ${index} at position 1 is outside [0, 3)`,
    );
  });

  test("a kernel that fails says which, and leaves nothing", () => {
    const before = backend.memory();
    const meta = { shape: [2, 3], dtype: "float32" } as const;
    const x = backend.upload(new Float32Array(6), [2, 3], "float32");
    const attrs = { transA: false, transB: false };
    expect(() => backend.kernels.matmul([x, x], { attrs, in: [meta, meta], out: [meta] })).toThrow(
      /^MatMul: TensorFlow failed: /,
    );
    backend.free(x);
    expect(backend.memory()).toEqual(before);
  });

  test("host arrays are copied in and out", async () => {
    const data = Float32Array.of(1, 2);
    const x = backend.upload(data, [2], "float32");
    data[0] = 9;
    const read = backend.readSync?.(x) as Float32Array;
    expect(read).toEqual(Float32Array.of(1, 2));
    read[1] = 9;
    const meta = { shape: [2], dtype: "float32" } as const;
    const [y] = backend.kernels.neg([x], { attrs: {}, in: [meta], out: [meta] });
    expect(await backend.read(y)).toEqual(Float32Array.of(-1, -2));
    expect(await backend.read(x)).toEqual(Float32Array.of(1, 2));
    backend.free(x);
    backend.free(y);
  });

  test("the user's own TensorFlow.js keeps its active backend, scopes and counts", async () => {
    await user.setBackend("cpu");
    const other: Backend = await tfjs("tensorflow");
    expect(user.getBackend()).toBe("cpu");
    const before = user.memory();
    user.tidy(() => {
      run(other, "add", [host(noise(6)), host(noise(6))], {});
    });
    expect(user.memory()).toEqual(before);
    await other.dispose();
  });

  test("shares elements with the user's tensors, both ways, without copying", async () => {
    await user.setBackend("tensorflow");
    const mine = user.tensor2d([[1, 2, 3]]);
    const shared = backend.fromTf(mine);
    mine.dispose();
    const meta = { shape: [1, 3], dtype: "float32" } as const;
    const call = { attrs: { shape: [3] }, in: [meta], out: [{ shape: [3], dtype: "float32" }] } as const;
    const [flat] = backend.kernels.reshape([shared], call);
    const yours = backend.toTf(flat);
    backend.free(shared);
    backend.free(flat);
    expect(yours.shape).toEqual([3]);
    expect(Array.from(yours.dataSync())).toEqual([1, 2, 3]);
    yours.dispose();
  });

  test("more different shapes and positions than are remembered", () => {
    const [whole, pair] = [
      { shape: [2500], dtype: "float32" },
      { shape: [2], dtype: "float32" },
    ] as const;
    const x = backend.upload(Float32Array.from(range(2500)), [2500], "float32");
    const wrong: number[] = [];
    for (let start = 0; start < 2400; start++) {
      const attrs = { starts: [start], ends: [start + 2], steps: [1] };
      const [y] = backend.kernels.slice([x], { attrs, in: [whole], out: [pair] });
      const [first, second] = backend.readSync?.(y) ?? [];
      if (first !== start || second !== start + 1) wrong.push(start);
      backend.free(y);
    }
    backend.free(x);
    expect(wrong).toEqual([]);
  });

  test("composed kernels leave nothing in the engine", () => {
    const engine = user.engine().findBackend("tensorflow");
    const count = engine.numDataIds();
    for (let i = 0; i < 3; i++) {
      run(backend, "argmax", [host(noise(6), [2, 3])], { axis: 1, keepDims: true });
      run(backend, "pad", [host(noise(6), [2, 3])], { before: [1, 0], after: [0, 2], value: 7 });
      run(backend, "sum", [host(noise(9000))], { axes: [0], keepDims: false });
    }
    expect(engine.numDataIds()).toBe(count);
  });
}
