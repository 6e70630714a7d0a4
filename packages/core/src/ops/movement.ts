import { ArgumentError, formatShape, type Shape, ShapeError, sameShape, sizeOf } from "@unrolled/backend";
import { axesOf, axisOf, requireNumbers, requireOperands } from "../arguments.js";
import { describeValue } from "../describe-value.js";
import { run } from "../engine.js";
import { primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";

/**
 * The same elements under another shape; one size may be -1 and is worked out.
 *
 * @throws ShapeError if the number of elements differs
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  requireNumbers("reshape", "shape", shape);
  const open = shape.indexOf(-1);
  if (open < 0) return sameShape(shape, x.shape) ? x : run(primitives.reshape, [x], { shape });
  const known = shape.reduce((product, size, i) => (i === open ? product : product * size), 1);
  const size = sizeOf(x.shape) / known;
  if (shape.lastIndexOf(-1) !== open || known <= 0 || !Number.isInteger(size)) {
    throw new ShapeError(
      "reshape",
      `${formatShape(x.shape)} does not fit ${formatShape(shape)}`,
      "leave at most one size open, and make the others divide the number of elements",
    );
  }
  return run(primitives.reshape, [x], { shape: shape.map((s, i) => (i === open ? size : s)) });
}

/**
 * Joins dimensions `start` to `end` (inclusive) into one.
 *
 * @throws ShapeError if start comes after end
 * @example
 * flatten(zeros([2, 3, 4]), 1).shape; // [2, 12]
 */
export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  if (x.shape.length === 0) return reshape(x, [1]);
  const from = axisOf("flatten", start, x.shape.length);
  const to = axisOf("flatten", end, x.shape.length);
  if (from > to) throw new ShapeError("flatten", `start ${start} is after end ${end}`, "give start <= end");
  return reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)]);
}

/** Adds a dimension of size 1 at `axis` (of the result). */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = axisOf("unsqueeze", axis, x.shape.length + 1);
  return reshape(x, withOneAt(at, x.shape));
}

function withOneAt(at: number, shape: Shape): Shape {
  const wider = new Array<number>(shape.length + 1);
  for (let i = 0; i < wider.length; i++) wider[i] = i < at ? shape[i] : i === at ? 1 : shape[i - 1];
  return wider;
}

function without(at: number, shape: Shape): Shape {
  const rest = new Array<number>(shape.length - 1);
  for (let i = 0; i < rest.length; i++) rest[i] = shape[i < at ? i : i + 1];
  return rest;
}

/** Drops dimensions of size 1: the given ones (kept if larger, as in PyTorch), or all. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  if (typeof axes === "number") {
    const at = axisOf("squeeze", axes, x.shape.length);
    return x.shape[at] === 1 ? reshape(x, without(at, x.shape)) : x;
  }
  const list = axesOf("squeeze", axes, x.shape.length);
  return reshape(
    x,
    x.shape.filter((size, i) => size !== 1 || !list.includes(i)),
  );
}

/** Dimensions in the order `perm`; reversed when left out. */
export function transpose(x: Tensor, perm?: readonly number[]): Tensor {
  const rank = x.shape.length;
  if (perm) requireNumbers("transpose", "perm", perm);
  const order = perm ? perm.map((axis) => axisOf("transpose", axis, rank)) : x.shape.map((_, i) => rank - 1 - i);
  return run(primitives.transpose, [x], { perm: order });
}

/**
 * Exchanges two dimensions.
 *
 * @example
 * swapAxes(zeros([2, 3, 4]), 0, 2).shape; // [4, 3, 2]
 */
export function swapAxes(x: Tensor, a: number, b: number): Tensor {
  const rank = x.shape.length;
  const i = axisOf("swapAxes", a, rank);
  const j = axisOf("swapAxes", b, rank);
  if (i === j) return x;
  const perm = new Array<number>(rank);
  for (let k = 0; k < rank; k++) perm[k] = k === i ? j : k === j ? i : k;
  return run(primitives.transpose, [x], { perm });
}

/** Repeats sizes of 1, and adds leading dimensions, up to `shape`. -1 keeps a size. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  requireNumbers("broadcastTo", "shape", shape);
  const lead = shape.length - x.shape.length;
  const full = shape.map((size, i) => (size === -1 && i >= lead ? x.shape[i - lead] : size));
  return sameShape(full, x.shape) ? x : run(primitives.broadcast, [x], { shape: full });
}

/**
 * Repeats the whole tensor `counts[i]` times along dimension i, as torch.tile.
 *
 * @throws ArgumentError for a count that is no integer of 0 or more
 */
export function tile(x: Tensor, counts: readonly number[]): Tensor {
  requireNumbers("tile", "counts", counts);
  const rank = Math.max(counts.length, x.shape.length);
  const sizes = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const times = [...new Array<number>(rank - counts.length).fill(1), ...counts];
  for (const n of times) {
    if (!Number.isInteger(n) || n < 0) throw new ArgumentError("tile", `count ${n}`, "use non-negative integers");
  }
  const interleaved = sizes.flatMap((s) => [1, s]);
  const repeated = sizes.flatMap((s, i) => [times[i], s]);
  return reshape(
    broadcastTo(reshape(x, interleaved), repeated),
    sizes.map((s, i) => s * times[i]),
  );
}

/** One range of a dimension: `[start, end]`, `[start, end, step]`, or null for all of it. Negative bounds count from the end. */
export type Range = readonly [start: number, end: number, step?: number] | null;

/**
 * Cuts ranges out of the leading dimensions, with bounds clipped as in NumPy; a negative step goes backwards (`[-1, -Infinity, -1]` reverses all).
 *
 * @throws ShapeError for more ranges than dimensions
 * @throws ArgumentError for a step of 0, or bounds that are no integers
 */
export function slice(x: Tensor, ...ranges: readonly Range[]): Tensor {
  const { shape } = x;
  if (ranges.length > shape.length) {
    throw new ShapeError(
      "slice",
      `${ranges.length} ranges for ${formatShape(shape)}`,
      "give at most one range a dimension",
    );
  }
  const starts: number[] = [];
  const ends: number[] = [];
  const steps: number[] = [];
  const flipped: number[] = [];
  let whole = true;
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i];
    const range = i < ranges.length ? ranges[i] : null;
    if (range !== null && !Array.isArray(range)) {
      throw new ArgumentError(
        "slice",
        `a range is ${describeValue(range)}`,
        "give [start, end], [start, end, step], or null for all",
      );
    }
    const from = range ? range[0] : 0;
    const to = range ? range[1] : size;
    const step = range?.[2] ?? 1;
    if (!Number.isInteger(step) || step === 0 || !isBound(from) || !isBound(to)) {
      throw new ArgumentError(
        "slice",
        `range [${from}, ${to}, ${step}]`,
        "use integers (or +-Infinity for an end) and a step other than 0",
      );
    }
    if (step > 0) {
      const start = clip(from, size, 0, size);
      starts.push(start);
      ends.push(Math.max(start, clip(to, size, 0, size)));
      steps.push(step);
    } else {
      const first = clip(from, size, -1, size - 1);
      const stop = clip(to, size, -1, size - 1);
      const count = Math.max(0, Math.ceil((first - stop) / -step));
      starts.push(count === 0 ? 0 : first + (count - 1) * step);
      ends.push(count === 0 ? 0 : first + 1);
      steps.push(-step);
      flipped.push(i);
    }
    if (starts[i] !== 0 || ends[i] !== size || steps[i] !== 1) whole = false;
  }
  const part = whole ? x : run(primitives.slice, [x], { starts, ends, steps });
  return flipped.length === 0 ? part : run(primitives.flip, [part], { axes: flipped });
}

function clip(bound: number, size: number, low: number, high: number): number {
  const at = bound < 0 ? bound + size : bound;
  return Math.min(high, Math.max(low, at));
}

function isBound(n: number): boolean {
  return Number.isInteger(n) || Math.abs(n) === Number.POSITIVE_INFINITY;
}

/**
 * `length` elements from `start` along an axis.
 *
 * @throws ShapeError for what lies outside of x
 * @example
 * narrow(arange(5), 0, 1, 3).toArray(); // [1, 2, 3]
 */
export function narrow(x: Tensor, axis: number, start: number, length: number): Tensor {
  const at = axisOf("narrow", axis, x.shape.length);
  const size = x.shape[at];
  const from = start < 0 ? start + size : start;
  if (!Number.isInteger(from) || !Number.isInteger(length) || from < 0 || length < 0 || from + length > size) {
    throw new ShapeError(
      "narrow",
      `${length} from ${start} along axis ${at} of ${formatShape(x.shape)}`,
      `stay within 0 to ${size}`,
    );
  }
  return cut(x, at, from, from + length);
}

/** From `start` to `end` along one axis. */
function cut(x: Tensor, axis: number, start: number, end: number): Tensor {
  const { shape } = x;
  if (start === 0 && end === shape[axis]) return x;
  const starts = new Array<number>(shape.length);
  const ends = new Array<number>(shape.length);
  const steps = new Array<number>(shape.length);
  for (let i = 0; i < shape.length; i++) {
    starts[i] = i === axis ? start : 0;
    ends[i] = i === axis ? end : shape[i];
    steps[i] = 1;
  }
  return run(primitives.slice, [x], { starts, ends, steps });
}

/**
 * One index along an axis, which goes away. Negative indices count from the end.
 *
 * @throws ShapeError for an index outside of x
 * @example
 * select(tensor([[1, 2], [3, 4]]), 1, -1).toArray(); // [2, 4]
 */
export function select(x: Tensor, axis: number, index: number): Tensor {
  const at = axisOf("select", axis, x.shape.length);
  const size = x.shape[at];
  const i = index < 0 ? index + size : index;
  if (!Number.isInteger(i) || i < 0 || i >= size) {
    throw new ShapeError(
      "select",
      `index ${index} along axis ${at} of ${formatShape(x.shape)}`,
      `use an integer from ${-size} to ${size - 1}`,
    );
  }
  return reshape(cut(x, at, i, i + 1), without(at, x.shape));
}

/**
 * Joins tensors along an existing axis.
 *
 * @throws ArgumentError for an empty list, or what is no list of tensors
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  requireOperands("concat", "the tensors", tensors);
  if (tensors.length === 0) throw new ArgumentError("concat", "got no tensors", "give at least one");
  return run(primitives.concat, tensors, { axis: axisOf("concat", axis, tensors[0].shape.length) });
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @throws ArgumentError for an empty list, or what is no list of tensors
 * @throws ShapeError if the shapes differ
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  requireOperands("stack", "the tensors", tensors);
  if (tensors.length === 0) throw new ArgumentError("stack", "got no tensors", "give at least one");
  const first = tensors[0].shape;
  for (const { shape } of tensors) {
    if (!sameShape(shape, first)) {
      throw new ShapeError(
        "stack",
        `shapes ${formatShape(first)} and ${formatShape(shape)} differ`,
        "stack needs equal shapes; pad first",
      );
    }
  }
  const at = axisOf("stack", axis, first.length + 1);
  const widened = withOneAt(at, first);
  if (tensors.length === 1) return reshape(tensors[0], widened);
  return run(
    primitives.concat,
    tensors.map((t) => reshape(t, widened)),
    { axis: at },
  );
}

/**
 * `widths[i] = [before, after]` elements of `value` around dimension i.
 *
 * @throws ArgumentError for widths that are no list of pairs
 * @example
 * pad(tensor([1, 2]), [[1, 2]]).toArray(); // [0, 1, 2, 0, 0]
 */
export function pad(x: Tensor, widths: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
  if (!Array.isArray(widths) || !widths.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new ArgumentError(
      "pad",
      `the widths are ${describeValue(widths)}`,
      "give [before, after] for each dimension, such as [[1, 2], [0, 0]]",
    );
  }
  return run(primitives.pad, [x], {
    before: widths.map(([before]) => before),
    after: widths.map(([, after]) => after),
    value,
  });
}

/** Reverses the order along axes; all when left out. */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  return run(primitives.flip, [x], { axes: axesOf("flip", axes, x.shape.length) });
}
