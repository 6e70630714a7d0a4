import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type DType, type Shape, sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import { joinBroadcast } from "./layout.js";

export function flat(device: Device, x: TensorInfo): TensorInfo {
  return device.view(x, [sizeOf(x.shape)]);
}

/** A host number as an element of a dtype. */
export function stored(value: number, dtype: DType): number {
  if (dtype === "int32") return value | 0;
  if (dtype === "bool") return value === 0 ? 0 : 1;
  return value;
}

/** `x != 0` as bool; NaN is not zero. */
export function notZero(device: Device, x: TensorInfo): TensorInfo {
  const zero = device.fill([], 0, x.dtype as "float32" | "int32");
  return device.run("NotEqual", { a: flat(device, x), b: zero });
}

/** `a` where `condition` holds, else `b`; all three of one size. Select reads four bytes a bool in some engines. */
export function select(device: Device, condition: TensorInfo, a: TensorInfo, b: TensorInfo): TensorInfo {
  const c = flat(device, condition);
  const [t, e] = [flat(device, a), flat(device, b)];
  if (a.dtype !== "bool") return device.run("Select", { condition: c, t, e });
  const chosen = device.run("LogicalAnd", { a: c, b: t });
  const other = device.run("LogicalAnd", { a: device.run("LogicalNot", { x: c }), b: e });
  return device.run("LogicalOr", { a: chosen, b: other });
}

/** Broadcast to a shape, one run of repeated dimensions at a time, so that the rank never matters. */
export function expand(device: Device, x: TensorInfo, shape: Shape): TensorInfo {
  const [from, to] = joinBroadcast(x.shape, shape);
  let expanded = x;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    if (from[axis] === to[axis]) continue;
    const outer = sizeOf(from.slice(0, axis));
    const inner = sizeOf(to.slice(axis + 1));
    expanded = device.heap
      ? device.track(device.heap.repeat(expanded, outer, to[axis], inner))
      : device.run("Tile", { x: device.view(expanded, [outer, 1, inner]) }, { reps: [1, to[axis], 1] });
  }
  return device.view(expanded, shape);
}
