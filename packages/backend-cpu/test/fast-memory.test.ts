import { describe, test } from "vitest";
import { add } from "../src/binary.js";
import { fastBinary } from "../src/fast/binary.js";
import { fastGather, fastScatterAdd } from "../src/fast/indexing.js";
import { fastSum } from "../src/fast/reductions.js";
import { fastUnary } from "../src/fast/unary.js";
import { fastAdamStep } from "../src/fast/updates.js";
import { exp } from "../src/unary.js";
import { f32, floats, runKernel } from "./fast-kernels.js";
import { expectFlatMemory, testEngines } from "./fast-sequence.js";

describe.each(testEngines())("WebAssembly memory with %s", (_name, engine) => {
  test("elementwise kernels, reductions, indexing and updates take none from the second step on", () => {
    const source = (): typeof engine => engine;
    const kernels = {
      exp: fastUnary(source, "expMap", 1, exp),
      add: fastBinary(source, "addPairs", add),
      sum: fastSum(source),
      gather: fastGather(source),
      scatterAdd: fastScatterAdd(source),
      adamStep: fastAdamStep(source),
    };
    const [rows, n] = [500, 100];
    const x = floats(1, rows * n);
    const square = x.map((v) => v * v);
    const indices = Int32Array.from({ length: rows }, (_, i) => rows - 1 - i);
    const index = { shape: [rows], dtype: "int32" } as const;
    const table = f32([rows, n]);
    const rate = Float32Array.of(0.1);
    const attrs = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false, maximize: false };
    const shape = [rows, n];
    expectFlatMemory(
      engine,
      () => {
        runKernel(kernels.exp, "exp", [x], [shape], {});
        runKernel(kernels.add, "add", [x, x.subarray(0, n)], [shape, [n]], {});
        for (const axis of [0, 1]) runKernel(kernels.sum, "sum", [x], [shape], { axes: [axis], keepDims: false });
        kernels.gather([x, indices], { attrs: { axis: 0 }, in: [table, index], out: [table] });
        kernels.scatterAdd([x, indices, x], { attrs: { axis: 0 }, in: [table, index, table], out: [table] });
        const inputs = [x, x, x, square, null, rate, rate, rate];
        runKernel(kernels.adamStep, "adamStep", inputs, [shape, shape, shape, shape, null, [], [], []], attrs);
      },
      50,
    );
  });
});
