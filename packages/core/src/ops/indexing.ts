import { ArgumentError, DTypeError, formatShape, ShapeError, stridesOf } from "@unrolled/backend";
import { axisOf } from "../arguments.js";
import { describeValue } from "../describe-value.js";
import { create, run } from "../engine.js";
import { isTracing } from "../graph/tracing-mark.js";
import { primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";
import { add, cast, equal, mul } from "./elementwise.js";
import { reshape, unsqueeze } from "./movement.js";

/**
 * Slices of `x` along an axis picked by int32 `indices` of any rank, whose dimensions replace that axis
 * (torch.index_select when they are 1-d).
 *
 * @example
 * indexSelect(tensor([10, 20, 30]), tensor([2, 0], { dtype: "int32" })).toArray(); // [30, 10]
 */
export function indexSelect(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return run(primitives.gather, [x, indices], { axis: axisOf("indexSelect", axis, x.shape.length) });
}

/**
 * `base` with `updates` added at int32 `indices` along an axis, as torch.index_add; repeated indices add up.
 *
 * @example
 * const rows = tensor([1, 1], { dtype: "int32" });
 * indexAdd(zeros([3]), rows, tensor([2, 5])).toArray(); // [0, 7, 0]
 */
export function indexAdd(base: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  return run(primitives.scatterAdd, [base, indices, updates], {
    axis: axisOf("indexAdd", axis, base.shape.length),
  });
}

/**
 * One element of `x` for each of the int32 `index`, which says where along `axis`; the other places are the index's own, as
 * torch.gather. `index` has the rank of `x` and is nowhere larger, `axis` excepted; the result has its shape.
 *
 * @throws ShapeError if the ranks differ or the index is larger than `x`
 * @example
 * const chosen = logProbabilities.gather(1, labels.unsqueeze(1)); // [N, C], [N, 1] -> [N, 1]
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  const at = axisOf("gather", axis, x.shape.length);
  const fits = index.shape.length === x.shape.length && index.shape.every((size, i) => i === at || size <= x.shape[i]);
  if (!fits) {
    throw new ShapeError(
      "gather",
      `index ${formatShape(index.shape)} into ${formatShape(x.shape)} along axis ${at}`,
      "give an index of the same rank, nowhere larger than x but along the axis",
    );
  }
  refuseOutOfRange("gather", index, x.shape[at]);
  const strides = stridesOf(x.shape);
  let flat = mul(index, strides[at]);
  index.shape.forEach((length, i) => {
    if (i === at || length === 1) return;
    const own = create("iota", index.backend, { length, dtype: "int32" });
    const column = reshape(own, [length, ...new Array<number>(index.shape.length - 1 - i).fill(1)]);
    flat = add(flat, mul(column, strides[i]));
  });
  return indexSelect(reshape(x, [-1]), flat);
}

/** Looks at indices where that costs nothing; elsewhere an index out of range gives zeros. */
function refuseOutOfRange(op: string, indices: Tensor, size: number): void {
  if (indices.dtype !== "int32") {
    throw new DTypeError(op, `indices are ${indices.dtype}`, 'use int32: cast("int32"), or { dtype: "int32" }');
  }
  if (!indices.backend.capabilities.hostMemory || isTracing(indices.backend)) return;
  const bad = indices.dataSync().find((i) => i < 0 || i >= size);
  if (bad !== undefined)
    throw new ArgumentError(op, `index ${bad} is out of range`, `use integers from 0 to ${size - 1}`);
}

/**
 * 1 at each int32 index along a new last dimension of size `classes`, 0 elsewhere; float32.
 *
 * @throws ArgumentError for an index outside [0, classes), where indices can be looked at
 */
export function oneHot(indices: Tensor, classes: number): Tensor {
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ArgumentError("oneHot", `${describeValue(classes)} classes`, "use a positive integer");
  }
  refuseOutOfRange("oneHot", indices, classes);
  const each = create("iota", indices.backend, { length: classes, dtype: "int32" });
  return cast(equal(unsqueeze(indices, -1), each), "float32");
}
