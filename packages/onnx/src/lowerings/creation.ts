import { type DType, isFloat, type Size } from "@unrolled/backend";
import type { Lowerings } from "../lowering.js";

export const creation: Pick<Lowerings, "cast" | "fill" | "iota"> = {
  /** A NaN cast to int32 is 0 in the op table and undefined in ONNX, so it is replaced first. */
  cast: (b, { in: [x], attrs: { dtype } }) => {
    if (x.dtype === dtype) return [x];
    if (!isFloat(x.dtype) || dtype !== "int32") return [b.cast(x.name, dtype)];
    const numbers = b.node("Where", [b.node("IsNaN", [x.name]), b.scalar(0, x.dtype), x.name]);
    return [b.cast(numbers, dtype)];
  },
  fill: (b, { attrs: { value }, sized, out: [out] }) => {
    if (sized.value === undefined) return [{ fill: value, make: () => b.filled(value, out) }];
    const scalar = b.sizeScalar(sized.value as Size, out.dtype);
    return [out.sizes.length === 0 ? scalar : b.node("Expand", [scalar, b.shape(out.sizes)])];
  },
  /** Range has no bool: counted in int32, then cast. */
  iota: (b, { attrs: { dtype }, out: [out] }) => {
    const counted: DType = dtype === "bool" ? "int32" : dtype;
    const range = b.node("Range", [b.scalar(0, counted), b.sizeScalar(out.sizes[0], counted), b.scalar(1, counted)]);
    return [dtype === "bool" ? b.cast(range, "bool") : range];
  },
};
