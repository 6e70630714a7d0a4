import { formatShape, type Shape } from "@unrolled/backend";
import { random } from "../host.js";
import { describeInputs, type OpCase } from "./op-case.js";
import { every, floats } from "./shapes.js";

/** Shape, starts, ends, steps. */
const slices: readonly (readonly [Shape, Shape, Shape, Shape])[] = [
  [[], [], [], []],
  [[7], [0], [7], [1]],
  [[7], [2], [5], [1]],
  [[7], [0], [7], [2]],
  [[7], [1], [7], [3]],
  [[7], [1], [6], [33]],
  [[7], [3], [3], [1]],
  [[0], [0], [0], [1]],
  [
    [17, 33],
    [3, 5],
    [14, 33],
    [5, 7],
  ],
  [
    [3, 5],
    [0, 4],
    [3, 5],
    [1, 1],
  ],
  [
    [2, 3, 5],
    [1, 0, 1],
    [2, 3, 4],
    [1, 2, 1],
  ],
  [
    [2, 3, 5],
    [0, 1, 0],
    [2, 1, 5],
    [1, 1, 1],
  ],
  [
    [2, 1, 3, 2, 3],
    [0, 0, 1, 0, 0],
    [2, 1, 3, 1, 3],
    [1, 1, 1, 2, 2],
  ],
];

export function sliceCases(): OpCase<"slice">[] {
  return every.flatMap((dtype) =>
    slices.map(
      ([shape, starts, ends, steps]): OpCase<"slice"> => ({
        op: "slice",
        label: `${describeInputs(dtype, shape)} from ${formatShape(starts)} to ${formatShape(ends)} by ${formatShape(steps)}`,
        inputs: [random("slice", dtype, shape)],
        attrs: { starts, ends, steps },
      }),
    ),
  );
}

const joins: readonly (readonly [readonly Shape[], number])[] = [
  [[[7]], 0],
  [[[3], [5]], 0],
  [[[3], [0], [5]], 0],
  [[[0], [0]], 0],
  [
    [
      [3, 5],
      [1, 5],
    ],
    0,
  ],
  [
    [
      [3, 5],
      [3, 0],
      [3, 2],
    ],
    1,
  ],
  [
    [
      [2, 3, 5],
      [2, 1, 5],
      [2, 7, 5],
    ],
    1,
  ],
  [
    [
      [2, 3, 1],
      [2, 3, 4],
    ],
    2,
  ],
  [
    [
      [0, 3],
      [2, 3],
    ],
    0,
  ],
  [
    [
      [2, 1, 3, 2, 3],
      [2, 1, 3, 1, 3],
    ],
    3,
  ],
];

export function concatCases(): OpCase<"concat">[] {
  const joined = every.flatMap((dtype) =>
    joins.map(
      ([shapes, axis]): OpCase<"concat"> => ({
        op: "concat",
        label: `${describeInputs(dtype, ...shapes)} along ${axis}`,
        inputs: shapes.map((shape, i) => random(`concat ${i}`, dtype, shape)),
        attrs: { axis },
      }),
    ),
  );
  const same = random("concat twice", "float32", [2, 3]);
  return [
    ...joined,
    { op: "concat", label: "float32 equal tensors along 1", inputs: [same, same], attrs: { axis: 1 } },
  ];
}

/** Shape, before, after. */
const paddings: readonly (readonly [Shape, Shape, Shape])[] = [
  [[], [], []],
  [[7], [0], [0]],
  [[7], [2], [3]],
  [[0], [1], [2]],
  [
    [3, 5],
    [1, 0],
    [0, 2],
  ],
  [
    [2, 3, 5],
    [0, 1, 2],
    [1, 0, 3],
  ],
  [
    [3, 0],
    [1, 1],
    [0, 1],
  ],
  [
    [2, 1, 3, 2, 3],
    [1, 0, 0, 2, 0],
    [0, 1, 0, 0, 1],
  ],
];

export function padCases(): OpCase<"pad">[] {
  const widths = every.flatMap((dtype) =>
    paddings.flatMap(([shape, before, after]) =>
      (dtype === "bool" ? [0, 1] : [0, -3]).map(
        (value): OpCase<"pad"> => ({
          op: "pad",
          label: `${describeInputs(dtype, shape)} by ${formatShape(before)} ${formatShape(after)} with ${value}`,
          inputs: [random("pad", dtype, shape)],
          attrs: { before, after, value },
        }),
      ),
    ),
  );
  const special = floats.flatMap((dtype) =>
    [Number.NEGATIVE_INFINITY, Number.NaN, 0.1].map(
      (value): OpCase<"pad"> => ({
        op: "pad",
        label: `${dtype} with ${value}`,
        inputs: [random("pad", dtype, [3, 5])],
        attrs: { before: [1, 0], after: [0, 1], value },
      }),
    ),
  );
  return [...widths, ...special];
}
