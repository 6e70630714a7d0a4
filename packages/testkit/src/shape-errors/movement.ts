import { ArgumentError, type DType, DTypeError, type Shape, ShapeError } from "@unrolled/backend";
import { f32, f64, i32, type Refusals, type Refused } from "./refused.js";

const sliced = (name: string, starts: Shape, ends: Shape, steps: Shape): Refused<"slice"> => ({
  name,
  metas: [f32(3, 5)],
  attrs: { starts, ends, steps },
  error: ShapeError,
});

type MovementOp = "reshape" | "transpose" | "broadcast" | "slice" | "concat" | "pad" | "flip" | "gather" | "scatterAdd";

export const movement: Refusals<MovementOp | "cast" | "fill" | "iota"> = {
  reshape: [
    { name: "another number of elements", metas: [f32(3, 5)], attrs: { shape: [4, 4] }, error: ShapeError },
    { name: "a negative size", metas: [f32(3, 5)], attrs: { shape: [-3, -5] }, error: ShapeError },
  ],
  transpose: [
    { name: "an axis named twice", metas: [f32(3, 5)], attrs: { perm: [0, 0] }, error: ShapeError },
    { name: "too few axes", metas: [f32(3, 5)], attrs: { perm: [0] }, error: ShapeError },
    { name: "an axis too many", metas: [f32(3, 5)], attrs: { perm: [0, 1, 2] }, error: ShapeError },
  ],
  broadcast: [
    { name: "a size that is not 1", metas: [f32(3)], attrs: { shape: [2, 4] }, error: ShapeError },
    { name: "a smaller shape", metas: [f32(3, 5)], attrs: { shape: [1, 5] }, error: ShapeError },
    { name: "a lower rank", metas: [f32(3, 5)], attrs: { shape: [5] }, error: ShapeError },
  ],
  slice: [
    sliced("an end past the size", [0, 0], [4, 5], [1, 1]),
    sliced("a start past the end", [2, 0], [1, 5], [1, 1]),
    sliced("a negative start", [-1, 0], [3, 5], [1, 1]),
    sliced("a step of 0", [0, 0], [3, 5], [0, 1]),
    sliced("half a step", [0, 0], [3, 5], [0.5, 1]),
    sliced("bounds of one dimension", [0], [3], [1]),
  ],
  concat: [
    { name: "nothing", metas: [], attrs: { axis: 0 }, error: ArgumentError },
    { name: "other sizes that differ", metas: [f32(3, 5), f32(3, 4)], attrs: { axis: 0 }, error: ShapeError },
    { name: "ranks that differ", metas: [f32(3), f32(3, 1)], attrs: { axis: 0 }, error: ShapeError },
    { name: "an axis past the rank", metas: [f32(3), f32(3)], attrs: { axis: 1 }, error: ShapeError },
    { name: "scalars", metas: [f32(), f32()], attrs: { axis: 0 }, error: ShapeError },
    { name: "two dtypes", metas: [f32(3), i32(3)], attrs: { axis: 0 }, error: DTypeError },
  ],
  pad: [
    { name: "a negative width", metas: [f32(3)], attrs: { before: [-1], after: [0], value: 0 }, error: ShapeError },
    {
      name: "widths of two dimensions",
      metas: [f32(3)],
      attrs: { before: [1, 1], after: [0, 0], value: 0 },
      error: ShapeError,
    },
  ],
  flip: [
    { name: "an axis past the rank", metas: [f32(3)], attrs: { axes: [1] }, error: ShapeError },
    { name: "unsorted axes", metas: [f32(3, 5)], attrs: { axes: [1, 0] }, error: ShapeError },
  ],
  gather: [
    { name: "float indices", metas: [f32(3), f32(2)], attrs: { axis: 0 }, error: DTypeError },
    { name: "an axis past the rank", metas: [f32(3), i32(2)], attrs: { axis: 1 }, error: ShapeError },
    { name: "a scalar", metas: [f32(), i32(2)], attrs: { axis: 0 }, error: ShapeError },
  ],
  scatterAdd: [
    { name: "float indices", metas: [f32(3), f32(2), f32(2)], attrs: { axis: 0 }, error: DTypeError },
    { name: "updates of another shape", metas: [f32(3, 5), i32(2), f32(2, 4)], attrs: { axis: 0 }, error: ShapeError },
    { name: "updates of another dtype", metas: [f32(3), i32(2), f64(2)], attrs: { axis: 0 }, error: DTypeError },
    { name: "an axis past the rank", metas: [f32(3), i32(2), f32(2)], attrs: { axis: 1 }, error: ShapeError },
  ],
  cast: [{ name: "an unknown dtype", metas: [f32(3)], attrs: { dtype: "float16" as DType }, error: DTypeError }],
  fill: [
    { name: "a negative size", metas: [], attrs: { shape: [-1], value: 0, dtype: "float32" }, error: ShapeError },
    { name: "half a size", metas: [], attrs: { shape: [1.5], value: 0, dtype: "float32" }, error: ShapeError },
    {
      name: "too many elements",
      metas: [],
      attrs: { shape: [65536, 65536], value: 0, dtype: "float32" },
      error: ShapeError,
    },
  ],
  iota: [
    { name: "a negative length", metas: [], attrs: { length: -1, dtype: "int32" }, error: ShapeError },
    { name: "half a length", metas: [], attrs: { length: 1.5, dtype: "int32" }, error: ShapeError },
  ],
};
