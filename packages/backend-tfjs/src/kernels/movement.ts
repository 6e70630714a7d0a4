import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { Computes } from "./compute.js";
import { aroundAxis, joinPermuted } from "./layout.js";
import { expand, stored } from "./pieces.js";
import { sliced, takeSequence } from "./slice.js";

type MovementOp = "reshape" | "transpose" | "broadcast" | "slice" | "concat" | "pad" | "flip";

export const movement: Computes<MovementOp> = {
  reshape: (_, [x]) => x,

  transpose(device, [x], { attrs }) {
    const { shape, perm } = joinPermuted(x.shape, attrs.perm);
    const joined = device.view(x, shape);
    return perm.length < 2 ? joined : device.run("Transpose", { x: joined }, { perm });
  },

  broadcast: (device, [x], { attrs }) => expand(device, x, attrs.shape),

  slice: (device, [x], { attrs }) => sliced(device, x, attrs.starts, attrs.ends, attrs.steps),

  concat(device, inputs, { attrs }) {
    const parts = inputs.filter((x) => sizeOf(x.shape) > 0);
    if (parts.length === 1) return parts[0];
    return joinedAround(device, parts, attrs.axis);
  },

  pad(device, [x], { attrs, out }) {
    const { before, after } = attrs;
    const value = stored(attrs.value, out[0].dtype);
    if (sizeOf(x.shape) === 0) return device.fill(out[0].shape, value, out[0].dtype);
    let padded = x;
    for (let axis = 0; axis < x.shape.length; axis++) {
      if (before[axis] === 0 && after[axis] === 0) continue;
      padded = padAxis(device, padded, axis, before[axis], after[axis], value);
    }
    return padded;
  },

  flip(device, [x], { attrs }) {
    let flipped = x;
    for (const axis of attrs.axes) {
      const { outer, size, inner } = aroundAxis(x.shape, axis);
      if (size === 1) continue;
      flipped = device.heap
        ? takeSequence(device, flipped, { outer, size, inner }, { start: size - 1, step: -1, count: size })
        : device.run("Reverse", { x: device.view(flipped, [outer, size, inner]) }, { dims: [1] });
    }
    return flipped;
  },
};

/** Tensors of equal rank joined along an axis; none is empty. */
function joinedAround(device: Device, parts: readonly TensorInfo[], axis: number): TensorInfo {
  const views = parts.map((x) => {
    const { outer, size, inner } = aroundAxis(x.shape, axis);
    return device.view(x, [outer, size * inner]);
  });
  return device.run("Concat", views, { axis: 1 });
}

/** By Concat: the wasm engine's PadV2 loses NaN, int32 above 2^24 and rank above 6. */
function padAxis(
  device: Device,
  x: TensorInfo,
  axis: number,
  before: number,
  after: number,
  value: number,
): TensorInfo {
  const border = (width: number): TensorInfo[] => {
    if (width === 0) return [];
    return [device.fill(x.shape.with(axis, width), value, x.dtype as "float32" | "int32" | "bool")];
  };
  const joined = joinedAround(device, [...border(before), x, ...border(after)], axis);
  return device.view(joined, x.shape.with(axis, before + x.shape[axis] + after));
}
