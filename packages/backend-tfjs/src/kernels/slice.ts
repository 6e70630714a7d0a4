import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Device } from "../device.js";
import { type AroundAxis, aroundAxis } from "./layout.js";

interface Sequence {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

interface Range {
  readonly size: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Slices axis by axis in joined dimensions; a range of whole rows is one block copy. */
export function sliced(
  device: Device,
  x: TensorInfo,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): TensorInfo {
  const ranges = joinRanges(x.shape.map((size, i) => ({ size, start: starts[i], end: ends[i], step: steps[i] })));
  const sizes = ranges.map((range) => range.size);
  let result = device.view(x, sizes);
  const plain = ranges.every((range) => range.step === 1);
  if (plain && ranges.every(isWhole)) return result;
  if (plain && !device.heap) {
    const begin = ranges.map((range) => range.start);
    return device.run("Slice", { x: result }, { begin, size: ranges.map((range) => range.end - range.start) });
  }
  ranges.forEach((range, axis) => {
    if (isWhole(range)) return;
    const count = Math.ceil((range.end - range.start) / range.step);
    const around = aroundAxis(result.shape, axis);
    const taken = takeSequence(device, result, around, { start: range.start, step: range.step, count });
    result = device.view(taken, result.shape.with(axis, count));
  });
  return result;
}

/** `x [outer, size, inner]` -> `[outer, count, inner]` at regular positions. */
export function takeSequence(device: Device, x: TensorInfo, around: AroundAxis, sequence: Sequence): TensorInfo {
  const { outer, size, inner } = around;
  if (device.heap) return device.track(device.heap.take(x, outer, size, inner, sequence));
  const positions = Int32Array.from({ length: sequence.count }, (_, i) => sequence.start + i * sequence.step);
  const indices = device.write(positions, [sequence.count], "int32");
  return device.run("GatherV2", { x: device.view(x, [outer, size, inner]), indices }, { axis: 1, batchDims: 0 });
}

function isWhole({ size, start, end, step }: Range): boolean {
  return start === 0 && end === size && (step === 1 || size === 1);
}

/** Joins a dimension to the one before it where it is taken whole, or where only one index of the one before is taken. */
function joinRanges(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const range of ranges) {
    const outer = joined.at(-1);
    const one = outer !== undefined && outer.end - outer.start === 1;
    if (outer && outer.step === 1 && isWhole(range)) {
      const scale = range.size;
      joined[joined.length - 1] = {
        size: outer.size * scale,
        start: outer.start * scale,
        end: outer.end * scale,
        step: 1,
      };
    } else if (outer && one) {
      const offset = outer.start * range.size;
      joined[joined.length - 1] = {
        size: outer.size * range.size,
        start: offset + range.start,
        end: offset + range.end,
        step: range.step,
      };
    } else {
      joined.push(range);
    }
  }
  return joined;
}
