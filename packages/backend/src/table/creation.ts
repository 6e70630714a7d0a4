import { dtypes } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { checkShape } from "../shape.js";
import type { OpTable } from "./row.js";

export const creation: Pick<OpTable, "cast" | "fill" | "iota"> = {
  cast: {
    doc: "The same numbers in another dtype",
    edges: "float to int32 truncs toward zero (NaN gives 0); to bool is x != 0. Gradients pass between floats only.",
    infer([x], { dtype }) {
      if (!dtypes.includes(dtype))
        throw new DTypeError("cast", `unknown dtype ${dtype}`, `use one of ${dtypes.join(", ")}`);
      return [{ shape: x.shape, dtype }];
    },
  },
  fill: {
    doc: "One value everywhere",
    infer(_, { shape, dtype }) {
      checkShape("fill", shape);
      return [{ shape, dtype }];
    },
  },
  iota: {
    doc: "0, 1, ..., length - 1",
    infer(_, { length, dtype }) {
      if (!Number.isInteger(length) || length < 0) {
        throw new ShapeError("iota", `length ${length}`, "use a non-negative integer");
      }
      return [{ shape: [length], dtype }];
    },
  },
};
