import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { Computes } from "./compute.js";
import { aroundAxis, joinReduced } from "./layout.js";
import { notZero, select } from "./pieces.js";

const LONG_SUM = 512;
const CHUNK = 64;

export const reductions: Computes<"sum" | "max" | "argmax" | "cumsum"> = {
  sum(device, [x], { attrs, out }) {
    if (sizeOf(x.shape) === 0) return device.fill(out[0].shape, 0, out[0].dtype);
    const { shape, axes } = joinReduced(x.shape, attrs.axes);
    const joined = device.view(x, shape);
    if (axes.length === 0) return joined;
    const length = axes.reduce((product, axis) => product * shape[axis], 1);
    if (device.traits.sumsInSequence && x.dtype === "float32" && length > LONG_SUM) {
      return sumRows(device, lastAxes(device, joined, axes), sizeOf(shape) / length, length);
    }
    return device.run("Sum", { x: joined }, { axis: axes, keepDims: false });
  },

  max(device, [x], { attrs }) {
    const { shape, axes } = joinReduced(x.shape, attrs.axes);
    const joined = device.view(x, shape);
    if (axes.length === 0) return joined;
    return device.run("Max", { x: joined }, { reductionIndices: axes, keepDims: false });
  },

  argmax(device, [x], { attrs }) {
    const { outer, size, inner } = aroundAxis(x.shape, attrs.axis);
    const rows = device.view(x, [outer, size, inner]);
    const largest = device.run("ArgMax", { x: rows }, { axis: 1 });
    if (x.dtype !== "float32") return largest;
    // ArgMax of TensorFlow.js passes over NaN; the op table wants the first one.
    const marks = device.run("Cast", { x: device.run("IsNan", { x: rows }) }, { dtype: "int32" });
    const firstNaN = device.run("ArgMax", { x: marks }, { axis: 1 });
    const count = device.run("Max", { x: marks }, { reductionIndices: [1], keepDims: false });
    return select(device, notZero(device, count), firstNaN, largest);
  },

  cumsum(device, [x], { attrs }) {
    const { outer, size, inner } = aroundAxis(x.shape, attrs.axis);
    const rows = device.view(x, [outer, size, inner]);
    return device.run("Cumsum", { x: rows }, { axis: 1, exclusive: false, reverse: attrs.reverse });
  },
};

function lastAxes(device: Device, x: TensorInfo, axes: readonly number[]): TensorInfo {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return device.run("Transpose", { x }, { perm: [...kept, ...axes] });
}

/** `x [rows, length]` -> `[rows]`, in chunks, so that the rounding error does not grow with the length. */
function sumRows(device: Device, x: TensorInfo, rows: number, length: number): TensorInfo {
  if (length <= LONG_SUM)
    return device.run("Sum", { x: device.view(x, [rows, length]) }, { axis: [1], keepDims: false });
  const chunks = Math.ceil(length / CHUNK);
  const missing = chunks * CHUNK - length;
  const whole =
    missing === 0
      ? x
      : device.run(
          "PadV2",
          { x: device.view(x, [rows, length]) },
          {
            paddings: [
              [0, 0],
              [0, missing],
            ],
            constantValue: 0,
          },
        );
  const parts = device.run("Sum", { x: device.view(whole, [rows * chunks, CHUNK]) }, { axis: [1], keepDims: false });
  return sumRows(device, parts, rows, chunks);
}
