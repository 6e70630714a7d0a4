import { ArgumentError, normalizeAxis } from "@unrolled/backend";
import { apply, create } from "../engine.js";
import type { Tensor } from "../tensor.js";
import { cast, equal } from "./elementwise.js";
import { unsqueeze } from "./movement.js";

/**
 * Slices of `x` along an axis picked by int32 `indices` of any rank, whose dimensions replace that axis
 * (torch.index_select when they are 1-d).
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return apply("gather", [x, indices], { axis: normalizeAxis("gather", axis, x.shape.length) });
}

/** `base` with `updates` added at `indices` along an axis; repeated indices add up. The gradient of `gather`. */
export function scatterAdd(base: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  return apply("scatterAdd", [base, indices, updates], { axis: normalizeAxis("scatterAdd", axis, base.shape.length) });
}

/** 1 at each int32 index along a new last dimension of size `classes`, 0 elsewhere; float32. */
export function oneHot(indices: Tensor, classes: number): Tensor {
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ArgumentError("oneHot", `${classes} classes`, "use a positive integer");
  }
  const each = create("iota", indices.backend, { length: classes, dtype: "int32" });
  return cast(equal(unsqueeze(indices, -1), each), "float32");
}
