import { DTypeError, type Meta, ShapeError } from "@unrolled/backend";
import { bool, f32, f64, i32, type Refusals, type Refused } from "./refused.js";

const badAxes = [[2], [-1], [0.5], [1, 0], [0, 0]] as const;

function reductionMisfits(): Refused<"sum">[] {
  return [
    ...badAxes.map(
      (axes): Refused<"sum"> => ({
        name: `axes [${axes.join(", ")}] of rank 2`,
        metas: [f32(3, 5)],
        attrs: { axes, keepDims: false },
        error: ShapeError,
      }),
    ),
    { name: "an axis of a scalar", metas: [f32()], attrs: { axes: [0], keepDims: true }, error: ShapeError },
    { name: "bool", metas: [bool(3)], attrs: { axes: [0], keepDims: false }, error: DTypeError },
  ];
}

const product = (
  name: string,
  a: Meta,
  b: Meta,
  transA = false,
  transB = false,
  error: Refused<"matmul">["error"] = ShapeError,
): Refused<"matmul"> => ({
  name,
  metas: [a, b],
  attrs: { transA, transB },
  error,
});

export const reductions: Refusals<"sum" | "max" | "argmax" | "cumsum" | "matmul"> = {
  sum: reductionMisfits(),
  max: [
    ...reductionMisfits(),
    { name: "an empty axis", metas: [f32(3, 0)], attrs: { axes: [1], keepDims: false }, error: ShapeError },
  ],
  argmax: [
    { name: "axis 2 of rank 2", metas: [f32(3, 5)], attrs: { axis: 2, keepDims: false }, error: ShapeError },
    { name: "a negative axis", metas: [f32(3, 5)], attrs: { axis: -1, keepDims: false }, error: ShapeError },
    { name: "an empty axis", metas: [f32(0, 5)], attrs: { axis: 0, keepDims: false }, error: ShapeError },
    { name: "bool", metas: [bool(3)], attrs: { axis: 0, keepDims: false }, error: DTypeError },
  ],
  cumsum: [
    { name: "axis 2 of rank 2", metas: [f32(3, 5)], attrs: { axis: 2, reverse: false }, error: ShapeError },
    { name: "a scalar", metas: [f32()], attrs: { axis: 0, reverse: false }, error: ShapeError },
    { name: "bool", metas: [bool(3)], attrs: { axis: 0, reverse: false }, error: DTypeError },
  ],
  matmul: [
    product("inner sizes", f32(3, 5), f32(4, 7)),
    product("inner sizes once transposed", f32(3, 5), f32(5, 7), true),
    product("inner sizes both transposed", f32(3, 5), f32(5, 7), true, true),
    product("a vector", f32(5), f32(5, 7)),
    product("a scalar", f32(3, 5), f32()),
    product("batches that do not broadcast", f32(2, 3, 5), f32(3, 5, 7)),
    product("int32", i32(3, 5), i32(5, 7), false, false, DTypeError),
    product("two dtypes", f32(3, 5), f64(5, 7), false, false, DTypeError),
  ],
};
