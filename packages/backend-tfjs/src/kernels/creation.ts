import { allocate } from "@unrolled/backend";
import type { Computes } from "./compute.js";
import { notZero, stored } from "./pieces.js";

export const creation: Computes<"cast" | "fill" | "iota"> = {
  cast(device, [x], { attrs }) {
    if (attrs.dtype === x.dtype) return x;
    if (attrs.dtype === "bool") return notZero(device, x); // the wasm engine keeps the low byte
    return device.run("Cast", { x }, { dtype: attrs.dtype });
  },

  fill: (device, _, { attrs }) => device.fill(attrs.shape, stored(attrs.value, attrs.dtype), attrs.dtype),

  iota(device, _, { attrs }) {
    const numbers = allocate(attrs.dtype, attrs.length);
    for (let i = 0; i < numbers.length; i++) numbers[i] = stored(i, attrs.dtype);
    return device.write(numbers, [attrs.length], attrs.dtype);
  },
};
