import { type DType, isFloat } from "@unrolled/backend";
import type { Lowerings } from "../lowering.js";

export const creation: Pick<Lowerings, "cast" | "fill" | "iota"> = {
  /** A NaN cast to int32 is 0 in the op table and undefined in ONNX, so it is replaced first. */
  cast: (b, { in: [x], attrs: { dtype } }) => {
    if (x.dtype === dtype) return [x.name];
    if (!isFloat(x.dtype) || dtype !== "int32") return [b.cast(x.name, dtype)];
    const numbers = b.node("Where", [b.node("IsNaN", [x.name]), b.scalar(0, x.dtype), x.name]);
    return [b.cast(numbers, dtype)];
  },
  fill: (b, { attrs: { value }, out: [out] }) => [b.filled(value, out)],
  /** Range has no bool: counted in int32, then cast. */
  iota: (b, { attrs: { length, dtype } }) => {
    const counted: DType = dtype === "bool" ? "int32" : dtype;
    const range = b.node("Range", [b.scalar(0, counted), b.scalar(length, counted), b.scalar(1, counted)]);
    return [dtype === "bool" ? b.cast(range, "bool") : range];
  },
};
