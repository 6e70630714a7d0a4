import {
  type Attrs,
  type Call,
  type FusedKernel,
  type FusedOp,
  type Meta,
  type Shape,
  type TypedArray,
  table,
} from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { softmaxCrossEntropy } from "../src/cross-entropy.js";
import { fastCrossEntropy } from "../src/fast/cross-entropy.js";
import { fastLayerNorm } from "../src/fast/layer-norm.js";
import { fastLogSoftmax, fastSoftmax } from "../src/fast/softmax.js";
import { layerNorm } from "../src/layer-norm.js";
import { logSoftmax, softmax } from "../src/softmax.js";
import { expectClose, f32, floats } from "./fast-kernels.js";
import { testEngines } from "./fast-sequence.js";

type Buffers = readonly (TypedArray | null)[];

interface AnyKernel {
  forward(inputs: Buffers, call: object, save: boolean): { out: readonly TypedArray[]; reserve?: unknown };
  backward(
    cotangents: Buffers,
    inputs: Buffers,
    outputs: readonly TypedArray[],
    reserve: unknown,
    call: object,
    wanted: readonly boolean[],
  ): Buffers;
}

const erased = <K extends FusedOp, R>(kernel: FusedKernel<K, TypedArray, R>): AnyKernel =>
  kernel as unknown as AnyKernel;

function expectSame(
  op: FusedOp,
  fast: AnyKernel,
  plain: AnyKernel,
  metas: readonly (Meta | null)[],
  inputs: Buffers,
  attrs: object,
  wanted: readonly (readonly boolean[])[],
  scale: number,
): void {
  const infer = table[op].infer as unknown as (metas: readonly (Meta | null)[], attrs: object) => readonly Meta[];
  const call = { attrs, in: metas, out: infer(metas, attrs) } as unknown as Call<FusedOp>;
  const got = fast.forward(inputs, call, true);
  const expected = plain.forward(inputs, call, true);
  expectClose(got.out[0], expected.out[0], 1e-6, scale);
  expect(fast.forward(inputs, call, false).out[0]).toEqual(got.out[0]);
  const dy = floats(9, got.out[0].length);
  for (const asked of wanted) {
    for (const cotangent of [dy, null]) {
      const gradients = fast.backward([cotangent], inputs, got.out, got.reserve, call, asked);
      const plainly = plain.backward([cotangent], inputs, expected.out, expected.reserve, call, asked);
      plainly.forEach((gradient, i) => {
        if (gradient === null) expect(gradients[i]).toBeNull();
        else expectClose(gradients[i] as TypedArray, gradient, 2e-6, scale);
      });
    }
  }
}

const lines: readonly (readonly [Shape, number])[] = [
  [[16, 4], 1],
  [[13, 5], 1],
  [[10, 7], 1],
  [[17, 17], 1],
  [[33, 33], 1],
  [[3, 65], 1],
  [[1, 1000], 1],
  [[300, 30], 1],
  [[17, 9], 0],
  [[5, 33, 40], 1],
  [[3, 3, 0], 1],
  [[0, 65], 1],
  [[100, 1], 1],
];

/** Now and then a number that is not finite, and a row of -Infinity. */
const withExtremes = (n: number, row: number): Float32Array =>
  floats(1, n, (x) => x * 20).map((x, i) => {
    if (i >= row && i < 2 * row) return Number.NEGATIVE_INFINITY;
    return i % 97 === 5 ? Number.NEGATIVE_INFINITY : i % 331 === 7 ? Number.NaN : x;
  });

const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

describe.each(testEngines())("in WebAssembly with %s, as in the plain kernels", (_name, engine) => {
  test.each(lines)("softmax and logSoftmax of %j along %i", (shape, axis) => {
    const size = sizeOf(shape);
    for (const x of [
      floats(1, size, (v) => 8 * v),
      floats(1, size, (v) => v - 1000),
      withExtremes(size, shape[axis]),
    ]) {
      const attrs: Attrs<"softmax"> = { axis };
      const wanted = [[true], [false]];
      const [fast, fastLog] = [fastSoftmax(() => engine), fastLogSoftmax(() => engine)];
      expectSame("softmax", erased(fast), erased(softmax), [f32(shape)], [x], attrs, wanted, 1);
      expectSame(
        "logSoftmax",
        erased(fastLog),
        erased(logSoftmax),
        [f32(shape)],
        [x],
        attrs,
        wanted,
        4 + shape[axis] / 8,
      );
    }
  });

  test.each(lines)("softmaxCrossEntropy of %j along %i, some targets no class", (shape, axis) => {
    const size = sizeOf(shape);
    const rest = shape.filter((_, i) => i !== axis);
    const C = shape[axis];
    const targets = Int32Array.from({ length: sizeOf(rest) }, (_, i) => [0, C - 1, -1, i % C, C, -100][i % 6]);
    const metas = [f32(shape), { shape: rest, dtype: "int32" } as const];
    for (const x of [floats(1, size, (v) => 8 * v), withExtremes(size, C)]) {
      const fast = erased(fastCrossEntropy(() => engine));
      const wanted = [
        [true, false],
        [false, false],
      ];
      expectSame("softmaxCrossEntropy", fast, erased(softmaxCrossEntropy), metas, [x, targets], { axis }, wanted, 4);
    }
  });

  test.each([
    [[32, 8], 1],
    [[20, 17], 1],
    [[33, 33], 1],
    [[3, 5, 7, 3], 2],
    [[300, 65], 1],
    [[1, 1000], 1],
    [[999], 0],
    [[0, 65], 1],
  ] as const)("layerNorm of %j from axis %i", (shape, axis) => {
    const own = shape.slice(axis);
    const x = floats(1, sizeOf(shape), (v) => 3 * v + 2);
    const fast = erased(fastLayerNorm(() => engine));
    const wanted = [
      [true, true, true],
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ];
    for (const weight of [floats(2, sizeOf(own)), null])
      for (const bias of [floats(3, sizeOf(own)), null]) {
        const metas = [f32(shape), weight && f32(own), bias && f32(own)];
        const rows = sizeOf(shape.slice(0, axis));
        expectSame(
          "layerNorm",
          fast,
          erased(layerNorm),
          metas,
          [x, weight, bias],
          { axis, eps: 1e-5 },
          wanted,
          4 + Math.sqrt(rows),
        );
      }
  });
});
