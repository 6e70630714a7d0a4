import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type DType, sizeOf } from "@unrolled/backend";
import type { Device } from "../device.js";
import type { Shade } from "../gpu/shade.js";
import type { Computes } from "./compute.js";
import { aroundAxis, joinReduced } from "./layout.js";
import { flat, notZero, select } from "./pieces.js";

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
    if (device.engine === "webgpu")
      return scanned(device, largestAt(x.dtype), x, outer * inner, { size, inner }, "int32");
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
    if (device.engine === "webgpu") {
      const count = outer * size * inner;
      return scanned(device, runningSum(x.dtype, attrs.reverse), x, count, { size, inner }, x.dtype as DType);
    }
    const rows = device.view(x, [outer, size, inner]);
    return device.run("Cumsum", { x: rows }, { axis: 1, exclusive: false, reverse: attrs.reverse });
  },
};

interface Scan {
  readonly name: string;
  readonly wgsl: (size: number, inner: number) => string;
}

/** Cumsum of the webgpu engine mixes up sums from the end and adds int32 as floats; ArgMax compares int32 as floats. */
function scanned(
  device: Device,
  { name, wgsl }: Scan,
  x: TensorInfo,
  count: number,
  { size, inner }: { readonly size: number; readonly inner: number },
  dtype: DType,
): TensorInfo {
  const shade = device.shade as Shade;
  const key = `${name}_${size}_${inner}`;
  return device.track(shade.indexed(key, ["A"], wgsl(size, inner), [flat(device, x)], [count], dtype));
}

function largestAt(dtype: string): Scan {
  const isNumber = dtype === "float32" ? "!isnan(best)" : "true";
  const isNew = dtype === "float32" ? "(value > best || isnan(value))" : "value > best";
  return {
    name: `argmax_${dtype}`,
    wgsl: (size, inner) => `
      let first = (index / ${inner}) * ${size * inner} + index % ${inner};
      var best = A[first];
      for (var i = 1; i < ${size}; i++) {
        let value = A[first + i * ${inner}];
        if (${isNumber} && ${isNew}) { best = value; result_ = i; }
      }`,
  };
}

function runningSum(dtype: string, reverse: boolean): Scan {
  return {
    name: `cumsum_${dtype}_${reverse}`,
    wgsl: (size, inner) => `
      let at = (index / ${inner}) % ${size};
      let first = index - at * ${inner};
      ${reverse ? `for (var i = ${size - 1}; i >= at; i--)` : "for (var i = 0; i <= at; i++)"} {
        result_ += A[first + i * ${inner}];
      }`,
  };
}

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
