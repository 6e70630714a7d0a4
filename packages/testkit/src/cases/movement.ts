import { formatShape, type Shape } from "@unrolled/backend";
import { random } from "../host.js";
import { describeInputs, type OpCase } from "./op-case.js";
import { every } from "./shapes.js";

type Pair = readonly [Shape, Shape];

const reshapes: readonly Pair[] = [
  [[], [1]],
  [[], [1, 1, 1]],
  [[1], []],
  [
    [3, 5],
    [5, 3],
  ],
  [[3, 5], [15]],
  [[33], [3, 11]],
  [
    [2, 3, 5],
    [1, 6, 5, 1],
  ],
  [
    [2, 1, 3, 2, 3],
    [4, 9],
  ],
  [[0], [0, 3]],
  [
    [3, 0],
    [0, 7],
  ],
  [
    [3, 5],
    [3, 5],
  ],
];

export function reshapeCases(): OpCase<"reshape">[] {
  return every.flatMap((dtype) =>
    reshapes.map(
      ([from, to]): OpCase<"reshape"> => ({
        op: "reshape",
        label: `${describeInputs(dtype, from)} to ${formatShape(to)}`,
        inputs: [random("reshape", dtype, from)],
        attrs: { shape: to },
      }),
    ),
  );
}

const permutations: readonly Pair[] = [
  [[], []],
  [[7], [0]],
  [
    [3, 5],
    [1, 0],
  ],
  [
    [17, 33],
    [1, 0],
  ],
  [
    [1, 7],
    [1, 0],
  ],
  [
    [0, 3],
    [1, 0],
  ],
  ...[
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ].map((perm): Pair => [[2, 3, 5], perm]),
  [
    [2, 3, 1, 5],
    [3, 1, 0, 2],
  ],
  [
    [2, 3, 1, 5],
    [0, 2, 1, 3],
  ],
  [
    [2, 1, 3, 2, 3],
    [4, 2, 0, 3, 1],
  ],
  [
    [2, 0, 3],
    [2, 0, 1],
  ],
];

export function transposeCases(): OpCase<"transpose">[] {
  return every.flatMap((dtype) =>
    permutations.map(
      ([shape, perm]): OpCase<"transpose"> => ({
        op: "transpose",
        label: `${describeInputs(dtype, shape)} to ${formatShape(perm)}`,
        inputs: [random("transpose", dtype, shape)],
        attrs: { perm },
      }),
    ),
  );
}

const broadcasts: readonly Pair[] = [
  [[], []],
  [[], [3, 5]],
  [[1], [7]],
  [[5], [3, 5]],
  [
    [3, 1],
    [3, 5],
  ],
  [
    [1, 5],
    [3, 5],
  ],
  [
    [2, 1, 5],
    [2, 3, 5],
  ],
  [
    [3, 1],
    [2, 3, 5],
  ],
  [
    [2, 1, 3, 1, 2],
    [2, 5, 3, 7, 2],
  ],
  [[1], [0]],
  [
    [3, 1],
    [3, 0],
  ],
  [
    [3, 5],
    [3, 5],
  ],
];

export function broadcastCases(): OpCase<"broadcast">[] {
  return every.flatMap((dtype) =>
    broadcasts.map(
      ([from, to]): OpCase<"broadcast"> => ({
        op: "broadcast",
        label: `${describeInputs(dtype, from)} to ${formatShape(to)}`,
        inputs: [random("broadcast", dtype, from)],
        attrs: { shape: to },
      }),
    ),
  );
}

const flips: readonly Pair[] = [
  [[], []],
  [[7], [0]],
  [[7], []],
  [[3, 5], [0]],
  [[3, 5], [1]],
  [
    [3, 5],
    [0, 1],
  ],
  [
    [2, 3, 5],
    [0, 2],
  ],
  [[2, 3, 5], [1]],
  [[0, 3], [0]],
  [
    [2, 1, 3, 2, 3],
    [1, 2, 4],
  ],
];

export function flipCases(): OpCase<"flip">[] {
  return every.flatMap((dtype) =>
    flips.map(
      ([shape, axes]): OpCase<"flip"> => ({
        op: "flip",
        label: `${describeInputs(dtype, shape)} over ${formatShape(axes)}`,
        inputs: [random("flip", dtype, shape)],
        attrs: { axes },
      }),
    ),
  );
}
