import { type Shape, sizeOf } from "@unrolled/backend";

const largest = 127;
const smallestNormal = 2 ** -126;

/** Weights as whole numbers from -127 to 127, each times the scale of its channel. Symmetric: zero stays zero. */
export interface Quantized {
  readonly values: Int8Array;
  /** One for each channel, or a single one. */
  readonly scales: Float32Array;
  /** What the whole numbers stand for, in the order of `values`. */
  readonly restored: Float32Array;
}

/** Quantises finite weights; `channelOf` numbers the channel, 0 to `channels` - 1, of each element. */
export function quantize(data: Float32Array, channels: number, channelOf: (i: number) => number): Quantized {
  const scales = new Float32Array(channels);
  data.forEach((value, i) => {
    const channel = channelOf(i);
    scales[channel] = Math.max(scales[channel], Math.abs(value));
  });
  scales.forEach((magnitude, i) => {
    const scale = Math.fround(magnitude / largest);
    scales[i] = scale < smallestNormal ? 1 : scale;
  });
  const values = Int8Array.from(data, (value, i) => {
    const rounded = roundHalfEven(value / scales[channelOf(i)]);
    return Math.max(-largest, Math.min(largest, rounded));
  });
  return { values, scales, restored: Float32Array.from(values, (value, i) => value * scales[channelOf(i)]) };
}

/** As ONNX's QuantizeLinear rounds. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** Gives each index along the axes in `kept` its own channel; the scales then have the shape `scaleShape`. */
export function channelsAlong(
  shape: Shape,
  kept: readonly number[],
): { channels: number; channelOf: (i: number) => number; scaleShape: number[] } {
  const scaleShape = shape.map((size, axis) => (kept.includes(axis) ? size : 1));
  // Kept axes in the cases at hand are neighbours: [before, kept, after].
  const after = sizeOf(shape.slice((kept.at(-1) ?? -1) + 1));
  const channels = sizeOf(scaleShape);
  if (kept.length === 0) return { channels: 1, channelOf: () => 0, scaleShape: [] };
  return { channels, channelOf: (i) => Math.floor(i / after) % channels, scaleShape };
}

/** [outer, rows, columns] to [outer, columns, rows]. */
export function swapLastTwo<T extends Uint8Array>(data: T, rows: number, columns: number): T {
  const out = data.slice() as T;
  const block = rows * columns;
  for (let i = 0; i < data.length; i++) {
    const inside = i % block;
    out[i - inside + (inside % columns) * rows + Math.floor(inside / columns)] = data[i];
  }
  return out;
}
