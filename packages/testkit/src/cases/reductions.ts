import type { DType, Shape } from "@unrolled/backend";
import { random, tensor, vector, withTies } from "../host.js";
import { describeInputs, type OpCase } from "./op-case.js";
import { floats, numeric } from "./shapes.js";

const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;

/** Shapes with the sets of axes to reduce over. */
const reductions: readonly (readonly [Shape, readonly (readonly number[])[]])[] = [
  [[], [[]]],
  [[1], [[], [0]]],
  [[33], [[], [0]]],
  [
    [17, 3],
    [[0], [1], [0, 1]],
  ],
  [
    [1, 7],
    [[0], [1]],
  ],
  [
    [5, 1],
    [[0], [1]],
  ],
  [
    [2, 3, 5],
    [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]],
  ],
  [
    [2, 3, 1, 5],
    [[1], [2], [3], [0, 3], [1, 2]],
  ],
  [
    [2, 1, 3, 2, 3],
    [
      [1, 3],
      [0, 2, 4],
      [0, 1, 2, 3, 4],
    ],
  ],
  [[0], [[0], []]],
  [
    [0, 3],
    [[0], [1], [0, 1]],
  ],
  [
    [3, 0],
    [[0], [1], [0, 1]],
  ],
  [
    [2, 0, 3],
    [[0], [1], [2], [0, 2]],
  ],
];

function countOf(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((product, axis) => product * shape[axis], 1);
}

function over(op: "sum" | "max", dtype: DType): OpCase[] {
  return reductions.flatMap(([shape, axesList]) =>
    axesList
      .filter((axes) => op === "sum" || countOf(shape, axes) > 0)
      .flatMap((axes) =>
        [false, true].map(
          (keepDims): OpCase => ({
            op,
            label: `${describeInputs(dtype, shape)} over [${axes.join(", ")}]${keepDims ? " keepDims" : ""}`,
            inputs: [op === "sum" ? random(op, dtype, shape) : random(op, dtype, shape, withTies)],
            attrs: { axes, keepDims },
            terms: countOf(shape, axes),
          }),
        ),
      ),
  );
}

export function sumCases(): OpCase<"sum">[] {
  const edges = floats.map(
    (dtype): OpCase<"sum"> => ({
      op: "sum",
      label: `${dtype} NaN and infinities`,
      inputs: [tensor(dtype, [4, 2], [1, nan, inf, 1, inf, -inf, 1, 2])],
      attrs: { axes: [1], keepDims: false },
      expected: [nan, inf, nan, 3],
    }),
  );
  const empty = numeric.map(
    (dtype): OpCase<"sum"> => ({
      op: "sum",
      label: `${dtype} of nothing is 0`,
      inputs: [tensor(dtype, [3, 0], [])],
      attrs: { axes: [1], keepDims: false },
      expected: [0, 0, 0],
    }),
  );
  return [...(numeric.flatMap((dtype) => over("sum", dtype)) as OpCase<"sum">[]), ...edges, ...empty];
}

export function maxCases(): OpCase<"max">[] {
  const edges = floats.map(
    (dtype): OpCase<"max"> => ({
      op: "max",
      label: `${dtype} NaN and infinities`,
      inputs: [tensor(dtype, [4, 3], [nan, 1, 2, 1, nan, 2, 1, 2, nan, -inf, -inf, -inf])],
      attrs: { axes: [1], keepDims: false },
      expected: [nan, nan, nan, -inf],
    }),
  );
  const negative = numeric.map(
    (dtype): OpCase<"max"> => ({
      op: "max",
      label: `${dtype} of negative numbers only`,
      inputs: [vector(dtype, [-5, -3, -4])],
      attrs: { axes: [0], keepDims: false },
      expected: [-3],
    }),
  );
  return [...(numeric.flatMap((dtype) => over("max", dtype)) as OpCase<"max">[]), ...edges, ...negative];
}

const argmaxShapes: readonly Shape[] = [[1], [33], [17, 3], [1, 7], [2, 3, 5], [2, 3, 1, 5], [2, 1, 3, 2, 3], [0, 3]];

export function argmaxCases(): OpCase<"argmax">[] {
  const overShapes = numeric.flatMap((dtype) =>
    argmaxShapes.flatMap((shape) =>
      shape.flatMap((size, axis) =>
        size === 0
          ? []
          : [false, true].map(
              (keepDims): OpCase<"argmax"> => ({
                op: "argmax",
                label: `${describeInputs(dtype, shape)} along ${axis}${keepDims ? " keepDims" : ""}`,
                inputs: [random("argmax", dtype, shape, withTies)],
                attrs: { axis, keepDims },
              }),
            ),
      ),
    ),
  );
  const edges = floats.map(
    (dtype): OpCase<"argmax"> => ({
      op: "argmax",
      label: `${dtype} NaN, infinities and ties`,
      inputs: [tensor(dtype, [5, 3], [nan, 1, nan, 5, nan, 7, inf, inf, 0, -inf, -inf, -inf, 1, 2, 2])],
      attrs: { axis: 1, keepDims: false },
      expected: [0, 1, 0, 0, 1],
    }),
  );
  const ties = numeric.map(
    (dtype): OpCase<"argmax"> => ({
      op: "argmax",
      label: `${dtype} takes the first of equals`,
      inputs: [tensor(dtype, [3, 3], [4, 4, 4, -1, 2, 2, -7, -9, -7])],
      attrs: { axis: 1, keepDims: false },
      expected: [0, 1, 0],
    }),
  );
  return [...overShapes, ...edges, ...ties];
}

const cumsumShapes: readonly Shape[] = [
  [1],
  [33],
  [17, 3],
  [1, 7],
  [2, 3, 5],
  [2, 3, 1, 5],
  [2, 1, 3, 2, 3],
  [0, 3],
  [3, 0],
];

export function cumsumCases(): OpCase<"cumsum">[] {
  return numeric.flatMap((dtype) =>
    cumsumShapes.flatMap((shape) =>
      shape.flatMap((size, axis) =>
        [false, true].map(
          (reverse): OpCase<"cumsum"> => ({
            op: "cumsum",
            label: `${describeInputs(dtype, shape)} along ${axis}${reverse ? " reverse" : ""}`,
            inputs: [random("cumsum", dtype, shape)],
            attrs: { axis, reverse },
            terms: size,
          }),
        ),
      ),
    ),
  );
}
