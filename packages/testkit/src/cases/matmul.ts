import type { DType, Shape } from "@unrolled/backend";
import { random, tensor } from "../host.js";
import { describeInputs, type OpCase } from "./op-case.js";
import { floats } from "./shapes.js";

const sizes: readonly (readonly [m: number, k: number, n: number])[] = [
  [1, 1, 1],
  [3, 5, 7],
  [17, 33, 5],
  [33, 17, 33],
  [3, 3, 3],
  [17, 17, 17],
  [1, 7, 1],
  [1, 5, 17],
  [5, 1, 3],
  [0, 3, 2],
  [3, 0, 2],
  [2, 3, 0],
];

const batches: readonly (readonly [Shape, Shape])[] = [
  [[2], [2]],
  [[3], []],
  [[], [3]],
  [[1], [3]],
  [[3], [1]],
  [
    [2, 1],
    [1, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1, 2],
    [3, 1],
  ],
  [[0], [1]],
  [[], [0]],
];

const transposes: readonly (readonly [boolean, boolean])[] = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
];

function product(dtype: DType, batchA: Shape, batchB: Shape, [m, k, n]: readonly number[]): OpCase<"matmul">[] {
  return transposes.map(([transA, transB]) => {
    const a = [...batchA, ...(transA ? [k, m] : [m, k])];
    const b = [...batchB, ...(transB ? [n, k] : [k, n])];
    return {
      op: "matmul",
      label: `${describeInputs(dtype, a, b)}${transA ? " transA" : ""}${transB ? " transB" : ""}`,
      inputs: [random("matmul a", dtype, a), random("matmul b", dtype, b)],
      attrs: { transA, transB },
      terms: k,
    };
  });
}

export function matmulCases(): OpCase<"matmul">[] {
  const plain = floats.flatMap((dtype) => sizes.flatMap((size) => product(dtype, [], [], size)));
  const batched = floats.flatMap((dtype) => batches.flatMap(([a, b]) => product(dtype, a, b, [3, 5, 2])));
  const empty = floats.map(
    (dtype): OpCase<"matmul"> => ({
      op: "matmul",
      label: `${dtype} an inner size of 0 gives zeros`,
      inputs: [tensor(dtype, [2, 0], []), tensor(dtype, [0, 2], [])],
      attrs: { transA: false, transB: false },
      expected: [0, 0, 0, 0],
    }),
  );
  const special = floats.map(
    (dtype): OpCase<"matmul"> => ({
      op: "matmul",
      label: `${dtype} 0 times NaN and infinity`,
      inputs: [
        tensor(dtype, [2, 2], [0, 1, 1, 1]),
        tensor(dtype, [2, 2], [Number.NaN, Number.POSITIVE_INFINITY, 1, 1]),
      ],
      attrs: { transA: false, transB: false },
      expected: [Number.NaN, Number.NaN, Number.NaN, Number.POSITIVE_INFINITY],
    }),
  );
  return [...plain, ...batched, ...empty, ...special];
}
