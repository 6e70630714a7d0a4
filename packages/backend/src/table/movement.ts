import { ArgumentError, ShapeError } from "../errors.js";
import { broadcastShapes, checkShape, formatShape, sameShape, sizeOf } from "../shape.js";
import { requireAxes, requireAxis, requireDType, requireSameDType, requireShape } from "./checks.js";
import type { OpTable } from "./row.js";

type MovementOp = "reshape" | "transpose" | "broadcast" | "slice" | "concat" | "pad" | "flip" | "gather" | "scatterAdd";

export const movement: Pick<OpTable, MovementOp> = {
  reshape: {
    doc: "The same elements in row-major order under another shape",
    infer([x], { shape }) {
      checkShape("reshape", shape);
      if (sizeOf(shape) !== sizeOf(x.shape)) {
        throw new ShapeError(
          "reshape",
          `${formatShape(x.shape)} has ${sizeOf(x.shape)} elements, ${formatShape(shape)} has ${sizeOf(shape)}`,
          "the number of elements must stay",
        );
      }
      return [{ shape, dtype: x.dtype }];
    },
  },
  transpose: {
    doc: "Dimensions in another order: output dimension i is input dimension perm[i]",
    infer([x], { perm }) {
      const rank = x.shape.length;
      if (perm.length !== rank || !perm.every((_, i) => perm.includes(i))) {
        throw new ShapeError(
          "transpose",
          `${formatShape(perm)} is no order of ${rank} axes`,
          "name each axis exactly once",
        );
      }
      return [{ shape: perm.map((axis) => x.shape[axis]), dtype: x.dtype }];
    },
  },
  broadcast: {
    doc: "Sizes of 1 repeated, and leading dimensions added, up to a shape",
    infer([x], { shape }) {
      checkShape("broadcast", shape);
      if (!sameShape(broadcastShapes("broadcast", x.shape, shape), shape)) {
        throw new ShapeError(
          "broadcast",
          `${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}`,
          "each size must be equal or 1, aligned from the last dimension",
        );
      }
      return [{ shape, dtype: x.dtype }];
    },
  },
  slice: {
    doc: "From starts (inclusive) to ends (exclusive) in steps of 1 or more, one of each a dimension",
    infer([x], { starts, ends, steps }) {
      const rank = x.shape.length;
      if (starts.length !== rank || ends.length !== rank || steps.length !== rank) {
        throw new ShapeError(
          "slice",
          `bounds do not match the ${rank} dimensions of ${formatShape(x.shape)}`,
          "give one start, end and step a dimension",
        );
      }
      const shape = x.shape.map((size, i) => {
        const [start, end, step] = [starts[i], ends[i], steps[i]];
        const whole = Number.isInteger(start) && Number.isInteger(end) && Number.isInteger(step);
        if (!whole || start < 0 || end < start || end > size || step < 1) {
          throw new ShapeError(
            "slice",
            `${start}:${end}:${step} does not fit dimension ${i} of ${formatShape(x.shape)}`,
            `use 0 <= start <= end <= ${size} and a step of 1 or more`,
          );
        }
        return Math.ceil((end - start) / step);
      });
      return [{ shape, dtype: x.dtype }];
    },
  },
  concat: {
    doc: "Tensors joined along an existing axis",
    infer(inputs, { axis }) {
      if (inputs.length === 0) throw new ArgumentError("concat", "got no tensors", "give at least one");
      const first = inputs[0];
      requireAxis("concat", axis, first.shape.length);
      let total = 0;
      for (const x of inputs) {
        requireSameDType("concat", first, x);
        const fits =
          x.shape.length === first.shape.length && x.shape.every((s, i) => i === axis || s === first.shape[i]);
        if (!fits) {
          throw new ShapeError(
            "concat",
            `${formatShape(x.shape)} does not join ${formatShape(first.shape)} along axis ${axis}`,
            "all other sizes must be equal",
          );
        }
        total += x.shape[axis];
      }
      return [{ shape: first.shape.map((s, i) => (i === axis ? total : s)), dtype: first.dtype }];
    },
  },
  pad: {
    doc: "A constant before and after the elements of each dimension",
    infer([x], { before, after }) {
      const rank = x.shape.length;
      const valid = (n: number): boolean => Number.isInteger(n) && n >= 0;
      if (before.length !== rank || after.length !== rank || !before.every(valid) || !after.every(valid)) {
        throw new ShapeError(
          "pad",
          `widths ${formatShape(before)} and ${formatShape(after)} do not fit ${formatShape(x.shape)}`,
          "give one non-negative width a dimension",
        );
      }
      return [{ shape: x.shape.map((s, i) => s + before[i] + after[i]), dtype: x.dtype }];
    },
  },
  flip: {
    doc: "Elements in reverse order along axes",
    infer([x], { axes }) {
      requireAxes("flip", axes, x.shape.length);
      return [x];
    },
  },
  gather: {
    doc: "Slices picked along an axis by int32 indices of any rank, which replace that axis",
    edges: "An index outside [0, size) is an ArgumentError where the backend looks, else gives zeros.",
    infer([x, indices], { axis }) {
      requireDType("gather", "indices", indices, "int32");
      requireAxis("gather", axis, x.shape.length);
      return [{ shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype }];
    },
  },
  scatterAdd: {
    doc: "base with updates added at int32 indices along an axis; the gradient of gather",
    edges:
      "Repeated indices add up. An index outside [0, size) is an ArgumentError where the backend looks, else is dropped.",
    infer([base, indices, updates], { axis }) {
      requireDType("scatterAdd", "indices", indices, "int32");
      requireAxis("scatterAdd", axis, base.shape.length);
      requireSameDType("scatterAdd", base, updates);
      requireShape("scatterAdd", "updates", updates, [
        ...base.shape.slice(0, axis),
        ...indices.shape,
        ...base.shape.slice(axis + 1),
      ]);
      return [base];
    },
  },
};
