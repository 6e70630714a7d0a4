import { type Call, type DType, sizeOf, type TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { copyRun, setAll } from "./arrays.js";

/** A new array of `dtype` with the numbers of `x`: truncated for int32, 0 or 1 for bool. */
export function converted(x: TypedArray, dtype: DType): TypedArray {
  const n = x.length;
  const out = allocate(dtype, n);
  if (dtype === "bool") {
    // NaN is not 0 and so counts as true.
    for (let i = 0; i < n; i++) out[i] = x[i] !== 0 ? 1 : 0;
  } else {
    copyRun(x, 0, out, 0, n);
  }
  return out;
}

export function cast(inputs: readonly [TypedArray], call: Call<"cast">): readonly [TypedArray] {
  const { dtype } = call.attrs;
  return call.in[0].dtype === dtype ? inputs : [converted(inputs[0], dtype)];
}

export function fill(_inputs: readonly [], call: Call<"fill">): readonly [TypedArray] {
  const { shape, value, dtype } = call.attrs;
  const out = allocate(dtype, sizeOf(shape));
  if (!Object.is(value, 0)) setAll(out, dtype === "bool" ? Number(value !== 0) : value);
  return [out];
}

export function iota(_inputs: readonly [], call: Call<"iota">): readonly [TypedArray] {
  const { length, dtype } = call.attrs;
  const out = allocate(dtype, length);
  for (let i = 0; i < length; i++) out[i] = dtype === "bool" && i > 1 ? 1 : i;
  return [out];
}
