import { describe, expect, test } from "vitest";
import { add, div, maximum, minimum, mul, pow, sub } from "../src/binary.js";
import { fastBinary, fastPow } from "../src/fast/binary.js";
import { fastUnary } from "../src/fast/unary.js";
import { abs, erf, exp, log, neg, relu, sigmoid, sqrt, tanh } from "../src/unary.js";
import { expectClose, floats, runKernel } from "./fast-kernels.js";
import { testEngines } from "./fast-sequence.js";

const unary = { exp, log, sqrt, tanh, sigmoid, erf, neg, abs, relu };
const binary = { add, sub, mul, div, maximum, minimum };
const sizes = [0, 1, 3, 5, 7, 17, 33, 65, 1000, 16384, 16387, 100003];
const odd = [NaN, Infinity, -Infinity, 0, -0, 1e-42];

describe.each(testEngines())("elementwise kernels in WebAssembly with %s", (_name, engine) => {
  test.each([
    ["exp", "expMap"],
    ["log", "logMap"],
    ["sqrt", "sqrtMap"],
    ["tanh", "tanhMap"],
    ["sigmoid", "sigmoidMap"],
    ["erf", "erfMap"],
    ["neg", "negMap"],
    ["abs", "absMap"],
    ["relu", "reluMap"],
  ] as const)("%s equals the plain kernel", (op, map) => {
    const fast = fastUnary(() => engine, map, 1, unary[op]);
    for (const n of sizes) {
      const x = floats(n + 1, n, (v) => (op === "log" || op === "sqrt" ? Math.abs(v) : 10 * v));
      odd.forEach((value, i) => {
        if (7 * i < n) x[7 * i] = value;
      });
      const before = x.slice();
      const [got] = runKernel(fast, op, [x], [[n]], {});
      const [expected] = runKernel(unary[op], op, [x], [[n]], {});
      expectClose(got as Float32Array, expected as Float32Array, 3e-7);
      expectClose(x, before, 0);
    }
  });

  test("a map leaves other dtypes, short arrays and machines without an engine to the plain kernel", () => {
    const ints = Int32Array.of(-3, 4);
    const call = { in: [{ shape: [2], dtype: "int32" }], out: [{ shape: [2], dtype: "int32" }] } as const;
    expect(fastUnary(() => engine, "absMap", 1, unary.abs)([ints], call)[0]).toEqual(Int32Array.of(3, 4));
    const never = (): null => {
      throw new Error("asked for an engine");
    };
    runKernel(fastUnary(never, "expMap", 8, unary.exp), "exp", [floats(1, 7)], [[7]], {});
    const [plain] = runKernel(
      fastUnary(() => null, "expMap", 8, unary.exp),
      "exp",
      [floats(1, 9)],
      [[9]],
      {},
    );
    expect(plain).toEqual(floats(1, 9, (x) => Math.exp(Math.fround(x))));
  });

  const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
    [[513], [513]],
    [[100003], [100003]],
    [[100003], []],
    [[1], [16389]],
    [
      [33, 17],
      [33, 17],
    ],
    [[65, 17], [17]],
    [[17], [1001, 17]],
    [
      [65, 33],
      [65, 1],
    ],
    [
      [65, 1],
      [1, 33],
    ],
    [
      [1, 33],
      [65, 1],
    ],
    [
      [3, 5, 100],
      [1, 5, 100],
    ],
    [
      [3, 5, 100],
      [3, 1, 100],
    ],
    [
      [3, 1, 100],
      [1, 5, 100],
    ],
    [[3, 20000], [20000]],
    [
      [3, 20000],
      [3, 1],
    ],
    [
      [4, 3, 20, 33],
      [4, 1, 20, 1],
    ],
    [[300, 3], [3]],
    [
      [0, 600],
      [1, 600],
    ],
  ];
  test.each(["add", "sub", "mul", "div", "maximum", "minimum"] as const)("%s equals the plain kernel", (op) => {
    const fast = fastBinary(() => engine, `${op}Pairs`, binary[op]);
    for (const [a, b] of shapes) {
      const x = floats(
        1,
        a.reduce((n, d) => n * d, 1),
      );
      const y = floats(
        2,
        b.reduce((n, d) => n * d, 1),
      );
      odd.forEach((value, i) => {
        if (x.length > 11 * i) x[11 * i] = value;
        if (y.length > 13 * i) y[13 * i] = value;
      });
      const [got] = runKernel(fast, op, [x, y], [a, b], {});
      const [expected] = runKernel(binary[op], op, [x, y], [a, b], {});
      expectClose(got as Float32Array, expected as Float32Array, 0);
    }
  });

  test.each([2, -1, 3, 0.5])("the power %d equals the plain kernel", (exponent) => {
    for (const [shape, of] of [
      [[9], []],
      [[2, 1001], [1]],
      [[1001], [1, 1]],
    ]) {
      const x = floats(4, shape[0] * (shape[1] ?? 1), (v) => 30 * v);
      x.set([0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-30]);
      const inputs = [x, Float32Array.of(exponent)];
      const [got] = runKernel(
        fastPow(() => engine),
        "pow",
        inputs,
        [shape, of],
        {},
      );
      expectClose(got as Float32Array, runKernel(pow, "pow", inputs, [shape, of], {})[0] as Float32Array, 0);
    }
  });
});
