import { ShapeError } from "../errors.js";
import { formatShape, reducedShape } from "../shape.js";
import { requireAxes, requireAxis, requireNumeric } from "./checks.js";
import type { OpTable } from "./row.js";

export const reductions: Pick<OpTable, "sum" | "max" | "argmax" | "cumsum"> = {
  sum: {
    doc: "Sum over axes",
    edges: "0 over an empty axis.",
    infer([x], { axes, keepDims }) {
      requireNumeric("sum", x);
      requireAxes("sum", axes, x.shape.length);
      return [{ shape: reducedShape(x.shape, axes, keepDims), dtype: x.dtype }];
    },
  },
  max: {
    doc: "Largest element over axes",
    edges: "NaN wins. An empty axis is a ShapeError. Ties share the gradient equally.",
    infer([x], { axes, keepDims }) {
      requireNumeric("max", x);
      requireAxes("max", axes, x.shape.length);
      for (const axis of axes) if (x.shape[axis] === 0) throw emptyAxis("max", axis, x.shape);
      return [{ shape: reducedShape(x.shape, axes, keepDims), dtype: x.dtype }];
    },
  },
  argmax: {
    doc: "Index of the largest element along an axis, int32",
    edges: "The first of equals; the first NaN if there is one. An empty axis is a ShapeError.",
    infer([x], { axis, keepDims }) {
      requireNumeric("argmax", x);
      requireAxis("argmax", axis, x.shape.length);
      if (x.shape[axis] === 0) throw emptyAxis("argmax", axis, x.shape);
      return [{ shape: reducedShape(x.shape, [axis], keepDims), dtype: "int32" }];
    },
  },
  cumsum: {
    doc: "Running sum along an axis, from its start or (reverse) from its end",
    infer([x], { axis }) {
      requireNumeric("cumsum", x);
      requireAxis("cumsum", axis, x.shape.length);
      return [x];
    },
  },
};

function emptyAxis(op: string, axis: number, shape: readonly number[]): ShapeError {
  return new ShapeError(op, `axis ${axis} of ${formatShape(shape)} is empty`, "there is no largest element of nothing");
}
