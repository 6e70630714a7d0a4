import type { Attrs, Backend, FusedOp, In } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { applyFused, Generator, grad, gradCheck, rand, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposedCpu } from "./support/device.js";
import { between, expectClose } from "./support/numbers.js";

setDefaultBackend(cpu());

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: low } = Number;

type Float = "float32" | "float64";

/** The op's result and, for a random cotangent, the gradients of its float inputs. */
function run(op: FusedOp, attrs: object, inputs: readonly (Tensor | null)[], backend: Backend, dtype: Float): Tensor[] {
  const own = inputs.map((x) => {
    if (x === null || x.dtype === "int32") return x && tensor(x.dataSync(), { shape: x.shape, backend });
    return tensor(x.dataSync(), { shape: x.shape, backend, dtype, requiresGrad: true });
  });
  const [y] = applyFused(op, own as unknown as In<FusedOp, Tensor>, attrs as Attrs<FusedOp>) as readonly Tensor[];
  const cotangent = rand(y.shape, { dtype, backend, generator: new Generator(3) });
  const leaves = own.filter((x): x is Tensor => x?.requiresGrad === true);
  return [y, ...(grad([y], leaves, { cotangents: [cotangent], allowUnused: true }) as Tensor[])];
}

function expectSame(op: FusedOp, attrs: object, inputs: readonly (Tensor | null)[]): void {
  for (const dtype of ["float32", "float64"] as const) {
    const whole = run(op, attrs, inputs, cpu(), dtype);
    const parts = run(op, attrs, inputs, decomposedCpu(), dtype);
    whole.forEach((t, i) => {
      expectClose(parts[i], t, dtype === "float64" ? 1e-12 : 1e-5);
    });
  }
}

const shapes = [
  [[3, 1], 1],
  [[5], 0],
  [[1, 3], 1],
  [[7, 5], 1],
  [[7, 5], 0],
  [[33, 17], 1],
  [[17, 33], 0],
  [[2, 65, 7], 1],
  [[300, 65], 1],
  [[0, 5], 1],
  [[5, 0], 1],
] as const;

/** Every class in turn, and between them targets that are no class. */
function classes(shape: readonly number[], C: number): Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  const target = (i: number): number => (i % 4 === 3 ? [-1, C, -100][i % 3] : i % Math.max(1, C));
  return tensor(
    Int32Array.from({ length }, (_, i) => target(i)),
    { shape },
  );
}

describe("whole and decomposed agree", () => {
  test.each(shapes)("softmax, logSoftmax and softmaxCrossEntropy of %j along %i", (shape, axis) => {
    const x = between(-4, 4, [...shape]);
    expectSame("softmax", { axis }, [x]);
    expectSame("logSoftmax", { axis }, [x]);
    const rest = shape.filter((_, i) => i !== axis);
    expectSame("softmaxCrossEntropy", { axis }, [x, classes(rest, Number(shape[axis]))]);
  });

  test.each(shapes)("layerNorm of %j from axis %i, with and without weight and bias", (shape, axis) => {
    const x = between(-2, 2, [...shape]);
    const own = shape.slice(axis);
    for (const weight of [between(0.5, 2, own), null])
      for (const bias of [between(-1, 1, own), null]) expectSame("layerNorm", { axis, eps: 1e-2 }, [x, weight, bias]);
  });
});

describe.each([
  ["whole", cpu()],
  ["decomposed", decomposedCpu()],
] as const)("%s", (_name, backend) => {
  const on = (values: number[][]): Tensor => tensor(values, { backend, dtype: "float64" });
  const x = tensor(between(-1, 1, [3, 4]).dataSync(), { shape: [3, 4], dtype: "float64", backend });
  const four = (seed: number): Tensor =>
    tensor(between(seed, seed + 1, [4]).dataSync(), { shape: [4], dtype: "float64", backend });
  const targets = tensor([1, -1, 3], { dtype: "int32", backend });

  test("gradients of both orders", () => {
    const check = (fn: (...x: Tensor[]) => Tensor, inputs: Tensor[]) =>
      expect(gradCheck(fn, inputs, { secondOrder: true })).toMatchObject({ ok: true });
    for (const axis of [0, 1]) {
      check((a) => a.softmax(axis).square().sum(), [x]);
      check((a) => a.logSoftmax(axis).square().sum(), [x]);
    }
    check((a) => applyFused("softmaxCrossEntropy", [a, targets], { axis: 1 })[0].square().sum(), [x]);
    check(
      (a, w, b) => applyFused("layerNorm", [a, w, b], { axis: 1, eps: 0.1 })[0].square().sum(),
      [x, four(0.5), four(-0.5)],
    );
  });

  test("infinities and NaN are as in PyTorch", () => {
    const rows = on([
      [low, 0, low],
      [low, low, low],
      [inf, 0, 1],
      [nan, 0, 1],
    ]);
    expect(rows.softmax(1).toArray()).toEqual([
      [0, 1, 0],
      [nan, nan, nan],
      [nan, nan, nan],
      [nan, nan, nan],
    ]);
    expect(rows.logSoftmax(1).toArray()).toEqual([
      [low, 0, low],
      [nan, nan, nan],
      [nan, nan, nan],
      [nan, nan, nan],
    ]);
    const losses = (classes: number[]): number[] =>
      applyFused("softmaxCrossEntropy", [rows, tensor(classes, { dtype: "int32", backend })], {
        axis: 1,
      })[0].toArray() as number[];
    expect(losses([0, 0, 0, 1])).toEqual([inf, nan, nan, nan]);
    expect(losses([1, 0, 0, 1]).slice(0, 1).map(Math.abs)).toEqual([0]);
    expect(losses([-1, -1, 3, 7]).map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  test("logits of a target that is no class get no gradient, whatever they are", () => {
    const logits = on([
      [nan, inf],
      [1, 2],
    ]).requireGrad();
    const [losses] = applyFused("softmaxCrossEntropy", [logits, tensor([-1, 0], { dtype: "int32", backend })], {
      axis: 1,
    });
    const [gradient] = grad([losses.sum()], [logits]);
    const p = 1 / (1 + Math.E);
    expectClose(gradient, Float64Array.of(0, 0, p - 1, 1 - p), 1e-12);
  });
});
