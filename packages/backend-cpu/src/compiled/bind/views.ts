import { type Attrs, bytesPerElement, type Meta, type Op, sizeOf, stridesOf } from "@unrolled/backend";
import { Value } from "./value.js";

/** How an op that only moves elements reads its input: output element i is at `offset` plus the sum of index times stride. */
export interface View {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The view that an op is, in elements; null for ops that compute, or read from several places. */
export function viewOf(op: Op, attrs: Attrs<Op>, input: Meta, output: Meta): View | null {
  const strides = stridesOf(input.shape);
  switch (op) {
    case "transpose": {
      const { perm } = attrs as Attrs<"transpose">;
      return { offset: 0, strides: perm.map((axis) => strides[axis]) };
    }
    case "broadcast": {
      const added = output.shape.length - input.shape.length;
      return {
        offset: 0,
        strides: output.shape.map((_, i) => (i < added || input.shape[i - added] === 1 ? 0 : strides[i - added])),
      };
    }
    case "slice": {
      const { starts, steps } = attrs as Attrs<"slice">;
      const offset = starts.reduce((sum, start, i) => sum + start * strides[i], 0);
      return { offset, strides: strides.map((stride, i) => stride * steps[i]) };
    }
    case "flip": {
      const { axes } = attrs as Attrs<"flip">;
      const offset = axes.reduce((sum, axis) => sum + (input.shape[axis] - 1) * strides[axis], 0);
      return { offset, strides: strides.map((stride, i) => (axes.includes(i) ? -stride : stride)) };
    }
    default:
      return null;
  }
}

/** Whether elements stand in the order of memory without gaps. */
function isRun(strides: readonly number[], { shape }: Meta): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 1) continue;
    if (strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

/** The input itself, or a run of it, where an op moves nothing; else null. */
export function aliasOf(op: Op, attrs: Attrs<Op>, input: Value, output: Meta): Value | null {
  if (input.length === 0) return null;
  if (op === "reshape") return Value.within(input, output);
  if ((op === "sum" || op === "max") && input.length === sizeOf(output.shape)) return Value.within(input, output);
  if (op === "cast") return input.dtype === output.dtype ? input : null;
  const view = viewOf(op, attrs, input, output);
  if (view === null || !isRun(view.strides, output)) return null;
  const value = Value.within(input, output, view.offset * bytesPerElement(input.dtype));
  return value.length === 0 ? null : value;
}
