import { type Attrs, type DType, type PrimitiveOp, type Shape, sizeOf } from "@unrolled/backend";
import { numbers } from "./numbers.js";
import { type Host, host } from "./values.js";

export interface OpCase {
  readonly op: PrimitiveOp;
  readonly title: string;
  readonly inputs: readonly Host[];
  readonly attrs: object;
}

const floats: readonly DType[] = ["float32", "float64"];
const numeric: readonly DType[] = [...floats, "int32"];
const all: readonly DType[] = [...numeric, "bool"];
const special = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -2.5,
  -1,
  -0,
  0,
  0.25,
  1,
  3,
  7,
  -30,
  40,
];

function make(dtype: DType, shape: Shape, seed = 1): Host {
  const drawn = numbers(sizeOf(shape), seed);
  if (dtype === "int32")
    return host(
      dtype,
      shape,
      drawn.map((v) => Math.round(v * 9)),
    );
  if (dtype === "bool")
    return host(
      dtype,
      shape,
      drawn.map((v) => Number(v > 0)),
    );
  return host(
    dtype,
    shape,
    drawn.map((v) => v * 3),
  );
}

const ints = (shape: Shape, values: readonly number[]): Host => host("int32", shape, values);

const cases: OpCase[] = [];
function add<K extends PrimitiveOp>(op: K, title: string, inputs: readonly Host[], attrs: Attrs<K>): void {
  const shapes = inputs.map((x) => `${x.dtype}[${x.shape.join(",")}]`).join(" ");
  cases.push({ op, title: `${op} ${shapes} ${title}`.trim(), inputs, attrs });
}

for (const op of ["neg", "abs", "sign", "relu"] as const) {
  for (const dtype of numeric) for (const shape of [[], [0, 3], [2, 3]]) add(op, "", [make(dtype, shape)], {});
  for (const dtype of floats) add(op, "special values", [host(dtype, [13], special)], {});
}
for (const op of ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "erf"] as const) {
  for (const dtype of floats) {
    for (const shape of [[], [0], [3, 1, 5]]) add(op, "", [make(dtype, shape)], {});
    add(op, "special values", [host(dtype, [13], special)], {});
  }
}
const pairs: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], []],
  [[3], [2, 1, 1]],
  [
    [4, 1],
    [1, 5],
  ],
  [
    [0, 3],
    [1, 3],
  ],
];
const grid = special.flatMap((v) => special.map(() => v));
const gridAcross = special.flatMap(() => special);
for (const op of ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "equal", "less"] as const) {
  const dtypes = op === "div" || op === "pow" ? floats : op === "equal" || op === "less" ? all : numeric;
  for (const dtype of dtypes) for (const [a, b] of pairs) add(op, "", [make(dtype, a), make(dtype, b, 2)], {});
  for (const dtype of floats) {
    add(op, "special pairs", [host(dtype, [13, 13], grid), host(dtype, [13, 13], gridAcross)], {});
  }
}
for (const dtype of all) {
  add("where", "", [make("bool", [2, 3]), make(dtype, [2, 3], 2), make(dtype, [2, 3], 3)], {});
  add("where", "", [make("bool", [2, 1]), make(dtype, [], 2), make(dtype, [1, 3], 3)], {});
  add("where", "", [make("bool", []), make(dtype, [4], 2), make(dtype, [4], 3)], {});
  add("where", "", [make("bool", [0]), make(dtype, [1], 2), make(dtype, [1], 3)], {});
}
add(
  "where",
  "NaN beside",
  [
    ints([3], [1, 0, 1]),
    host("float32", [3], [1, Number.NaN, 3]),
    host("float32", [3], [Number.NaN, 2, Number.NaN]),
  ].map((x, i) => (i === 0 ? host("bool", [3], [1, 0, 1]) : x)),
  {},
);

for (const dtype of numeric) {
  for (const keepDims of [false, true]) {
    for (const axes of [[0], [1], [2], [0, 2], [0, 1, 2], []]) {
      add("sum", `axes ${axes} keep ${keepDims}`, [make(dtype, [2, 3, 4])], { axes, keepDims });
      add("max", `axes ${axes} keep ${keepDims}`, [make(dtype, [2, 3, 4])], { axes, keepDims });
    }
    add("sum", `empty axis keep ${keepDims}`, [make(dtype, [2, 0, 3])], { axes: [1], keepDims });
    add("sum", `all of an empty one keep ${keepDims}`, [make(dtype, [0, 3])], { axes: [0, 1], keepDims });
    add("sum", `beside an empty axis keep ${keepDims}`, [make(dtype, [2, 0])], { axes: [0], keepDims });
    add("max", `beside an empty axis keep ${keepDims}`, [make(dtype, [2, 0])], { axes: [0], keepDims });
    for (const axis of [0, 1, 2])
      add("argmax", `axis ${axis} keep ${keepDims}`, [make(dtype, [3, 5, 4])], { axis, keepDims });
  }
  add("sum", "of a scalar", [make(dtype, [])], { axes: [], keepDims: false });
  add("argmax", "ties", [host(dtype, [2, 4], [1, 3, 3, 1, 5, 5, 5, 5])], { axis: 1, keepDims: false });
  for (const reverse of [false, true]) {
    for (const axis of [0, 1])
      add("cumsum", `axis ${axis} reverse ${reverse}`, [make(dtype, [3, 4])], { axis, reverse });
    add("cumsum", `reverse ${reverse}`, [make(dtype, [0])], { axis: 0, reverse });
  }
}
for (const dtype of floats) {
  const N = Number.NaN;
  const withNaN = [1, N, 3, 4, 5, 9, N, N, 2, 3, Number.POSITIVE_INFINITY, N];
  for (const axis of [0, 1]) {
    add("max", `with NaN axis ${axis}`, [host(dtype, [3, 4], withNaN)], { axes: [axis], keepDims: false });
    add("argmax", `with NaN axis ${axis}`, [host(dtype, [3, 4], withNaN)], { axis, keepDims: false });
  }
  add(
    "max",
    "all NaN and infinite",
    [host(dtype, [2, 2], [N, N, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])],
    { axes: [1], keepDims: true },
  );

  for (const transA of [false, true]) {
    for (const transB of [false, true]) {
      const flip = (shape: number[], t: boolean): number[] =>
        t ? [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]] : shape;
      const sizes: readonly (readonly [number[], number[]])[] = [
        [
          [3, 5],
          [5, 2],
        ],
        [
          [1, 1],
          [1, 1],
        ],
        [
          [7, 17],
          [17, 33],
        ],
        [
          [4, 3, 5],
          [4, 5, 2],
        ],
        [
          [4, 3, 5],
          [5, 2],
        ],
        [
          [3, 5],
          [4, 5, 2],
        ],
        [
          [2, 1, 3, 5],
          [4, 5, 2],
        ],
        [
          [3, 0],
          [0, 2],
        ],
        [
          [0, 3],
          [3, 2],
        ],
        [
          [2, 3, 0],
          [0, 4],
        ],
      ];
      for (const [a, b] of sizes) {
        add("matmul", `${transA} ${transB}`, [make(dtype, flip(a, transA)), make(dtype, flip(b, transB), 2)], {
          transA,
          transB,
        });
      }
    }
  }
}
for (const dtype of all) {
  add("reshape", "", [make(dtype, [2, 6])], { shape: [3, 4] });
  add("reshape", "to a scalar", [make(dtype, [1, 1])], { shape: [] });
  add("reshape", "from a scalar", [make(dtype, [])], { shape: [1, 1] });
  add("reshape", "empty", [make(dtype, [2, 0])], { shape: [0, 5] });
  add("reshape", "same", [make(dtype, [2, 2])], { shape: [2, 2] });
  add("transpose", "", [make(dtype, [2, 3, 4])], { perm: [2, 0, 1] });
  add("transpose", "same", [make(dtype, [2, 3])], { perm: [0, 1] });
  add("transpose", "scalar", [make(dtype, [])], { perm: [] });
  add("transpose", "empty", [make(dtype, [0, 3])], { perm: [1, 0] });
  add("broadcast", "", [make(dtype, [3, 1])], { shape: [2, 3, 4] });
  add("broadcast", "scalar", [make(dtype, [])], { shape: [2, 2] });
  add("broadcast", "to empty", [make(dtype, [1])], { shape: [0] });
  add("slice", "", [make(dtype, [5, 6])], { starts: [1, 0], ends: [4, 6], steps: [2, 1] });
  add("slice", "all", [make(dtype, [5, 6])], { starts: [0, 0], ends: [5, 6], steps: [1, 1] });
  add("slice", "none", [make(dtype, [5])], { starts: [2], ends: [2], steps: [1] });
  add("slice", "steps", [make(dtype, [7])], { starts: [0], ends: [7], steps: [3] });
  add("slice", "scalar", [make(dtype, [])], { starts: [], ends: [], steps: [] });
  add("concat", "", [make(dtype, [2, 3]), make(dtype, [2, 1], 2), make(dtype, [2, 0])], { axis: 1 });
  add("concat", "", [make(dtype, [2, 3]), make(dtype, [1, 3], 2)], { axis: 0 });
  add("concat", "one", [make(dtype, [2])], { axis: 0 });
  add("concat", "empties", [make(dtype, [0]), make(dtype, [0])], { axis: 0 });
  add("pad", "", [make(dtype, [2, 3])], { before: [1, 0], after: [0, 2], value: 1 });
  add("pad", "by nothing", [make(dtype, [2])], { before: [0], after: [0], value: 0 });
  add("pad", "empty", [make(dtype, [0, 2])], { before: [1, 0], after: [1, 0], value: 1 });
  add("pad", "scalar", [make(dtype, [])], { before: [], after: [], value: 1 });
  add("flip", "", [make(dtype, [3, 4])], { axes: [0] });
  add("flip", "", [make(dtype, [3, 1, 4])], { axes: [0, 1, 2] });
  add("flip", "none", [make(dtype, [3])], { axes: [] });
  add("flip", "empty", [make(dtype, [0, 2])], { axes: [0, 1] });
  add("gather", "", [make(dtype, [4, 3]), ints([2, 2], [3, 0, 1, 1])], { axis: 0 });
  add("gather", "", [make(dtype, [2, 4, 3]), ints([3], [2, 2, 0])], { axis: 1 });
  add("gather", "scalar index", [make(dtype, [4, 3]), ints([], [2])], { axis: 1 });
  add("gather", "no index", [make(dtype, [4, 3]), ints([0], [])], { axis: 0 });
  add("cast", "to float32", [make(dtype, [2, 3])], { dtype: "float32" });
  add("cast", "to float64", [make(dtype, [2, 3])], { dtype: "float64" });
  add("cast", "to int32", [make(dtype, [2, 3])], { dtype: "int32" });
  add("cast", "to bool", [make(dtype, [2, 3])], { dtype: "bool" });
  add("fill", dtype, [], { shape: [2, 3], value: 1, dtype });
  add("fill", `${dtype} large`, [], { shape: [20, 30], value: 1, dtype });
  add("fill", `${dtype} scalar`, [], { shape: [], value: 1, dtype });
  add("fill", `${dtype} empty`, [], { shape: [0, 2], value: 1, dtype });
  add("iota", dtype, [], { length: 5, dtype });
  add("iota", `${dtype} empty`, [], { length: 0, dtype });
}
for (const dtype of numeric) {
  const index = ints([4], [2, 0, 2, 2]);
  add("scatterAdd", "", [make(dtype, [3, 2]), index, make(dtype, [4, 2], 2)], { axis: 0 });
  add("scatterAdd", "", [make(dtype, [2, 3]), index, make(dtype, [2, 4], 2)], { axis: 1 });
  add("scatterAdd", "index table", [make(dtype, [2, 3, 2]), ints([2, 2], [2, 0, 2, 2]), make(dtype, [2, 2, 2, 2], 2)], {
    axis: 1,
  });
  add("scatterAdd", "one number", [make(dtype, [3]), ints([], [1]), make(dtype, [], 2)], { axis: 0 });
  add("scatterAdd", "nothing", [make(dtype, [3, 2]), ints([0], []), make(dtype, [0, 2], 2)], { axis: 0 });
  add("scatterAdd", "into nothing", [make(dtype, [0, 2]), ints([0], []), make(dtype, [0, 2], 2)], { axis: 0 });
}
for (const dtype of floats) {
  add("cast", "NaN to int32", [host(dtype, [4], [Number.NaN, -2.9, 2.9, -0])], { dtype: "int32" });
  add("cast", "NaN to bool", [host(dtype, [4], [Number.NaN, 0.3, 0, -0])], { dtype: "bool" });
  add("fill", `${dtype} NaN`, [], { shape: [2], value: Number.NaN, dtype });
  add("fill", `${dtype} infinite`, [], { shape: [100], value: Number.NEGATIVE_INFINITY, dtype });
}
add("add", "wraps", [ints([2], [2 ** 31 - 1, -(2 ** 31)]), ints([2], [1, -1])], {});

export const opCases: readonly OpCase[] = cases;
