import { isFloat } from "@unrolled/backend";
import type { PrimitiveReferences } from "./primitive-reference.js";
import { tabulate } from "./values.js";

export const creation: Pick<PrimitiveReferences, "cast" | "fill" | "iota"> = {
  cast: ([x], { dtype }) =>
    x.values.map((value) => {
      if (dtype === "bool") return value !== 0 ? 1 : 0;
      if (dtype === "int32" && isFloat(x.dtype)) return Number.isNaN(value) ? 0 : Math.trunc(value);
      return value;
    }),
  fill: (_inputs, { value }, out) => tabulate(out, () => value),
  iota: (_inputs, _attrs, out) => tabulate(out, ([i]) => i),
};
