import { ShapeError } from "../errors.js";
import { broadcastShapes, formatShape } from "../shape.js";
import { requireFloat, requireSameDType } from "./checks.js";
import type { OpTable } from "./row.js";

export const matmul: OpTable["matmul"] = {
  doc: "Matrix product of the last two dimensions, each operand transposed on request; leading dimensions broadcast",
  edges: "An inner size of 0 gives zeros. Both operands have rank 2 or more.",
  infer([a, b], { transA, transB }) {
    requireSameDType("matmul", a, b);
    requireFloat("matmul", a);
    const ra = a.shape.length;
    const rb = b.shape.length;
    if (ra < 2 || rb < 2) {
      throw new ShapeError(
        "matmul",
        `shapes ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
        "both operands need two dimensions or more",
      );
    }
    const m = a.shape[transA ? ra - 1 : ra - 2];
    const ka = a.shape[transA ? ra - 2 : ra - 1];
    const kb = b.shape[transB ? rb - 1 : rb - 2];
    const n = b.shape[transB ? rb - 2 : rb - 1];
    if (ka !== kb) {
      const side = (shape: readonly number[], t: boolean): string => formatShape(shape) + (t ? " transposed" : "");
      throw new ShapeError(
        "matmul",
        `inner sizes ${ka} and ${kb} differ, ${side(a.shape, transA)} x ${side(b.shape, transB)}`,
        "transpose an operand or check the layer's sizes",
      );
    }
    if (ra === 2 && rb === 2) return [{ shape: [m, n], dtype: a.dtype }];
    const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
    return [{ shape: [...batch, m, n], dtype: a.dtype }];
  },
};
