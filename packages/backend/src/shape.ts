import { ShapeError } from "./errors.js";

/** Sizes of a tensor's dimensions, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements. The empty product is 1, so a scalar has one. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/** Whether two shapes have the same sizes in the same order. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A shape as text, `[2, 3]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Elements to step over for one step along each dimension of a contiguous tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/**
 * NumPy's broadcasting of two shapes; returns `a` or `b` itself when that is the result.
 *
 * @throws ShapeError if two sizes differ and neither is 1
 * @example
 * broadcastShapes("add", [4, 1, 3], [2, 1]); // [4, 2, 3]
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = i <= a.length ? a[a.length - i] : 1;
    const y = i <= b.length ? b[b.length - i] : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        op,
        `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`,
        "sizes must be equal or 1, aligned from the last dimension",
      );
    }
    out[rank - i] = x === 1 ? y : x;
  }
  return sameShape(out, a) ? a : sameShape(out, b) ? b : out;
}

/**
 * Refuses what is no list, such as sizes given one by one.
 *
 * @throws ShapeError if it is no array
 * @example
 * requireList("zeros", "shape", [2, 3]); // passes; 2 instead of [2, 3] throws
 */
export function requireList(op: string, what: string, list: readonly number[]): void {
  if (!Array.isArray(list))
    throw new ShapeError(op, `${what} is ${String(list)}`, `give a list in brackets, such as [2, 3]`);
}

/**
 * Maps an axis in [-rank, rank) to [0, rank).
 *
 * @throws ShapeError if it is no integer of that range
 * @example
 * normalizeAxis("sum", -1, 3); // 2
 */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      op,
      `axis ${axis} does not exist in a tensor of rank ${rank}`,
      rank === 0 ? "a scalar has no axes" : `use an integer from ${-rank} to ${rank - 1}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/**
 * Axes as sorted non-negative integers without repeats; all axes when `axes` is undefined.
 *
 * @throws ShapeError if an axis is out of range or named twice
 * @example
 * normalizeAxes("sum", [-1, 0], 3); // [0, 2]
 */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) {
    const every = new Array<number>(rank);
    for (let i = 0; i < rank; i++) every[i] = i;
    return every;
  }
  if (typeof axes === "number") return [normalizeAxis(op, axes, rank)];
  requireList(op, "axes", axes);
  const list = axes.map((axis) => normalizeAxis(op, axis, rank));
  const unique = new Set(list);
  if (unique.size !== list.length) {
    throw new ShapeError(op, `axes ${formatShape(list)} name an axis twice`, "name each axis once");
  }
  return [...unique].sort((a, b) => a - b);
}

/**
 * Shape after a reduction over `axes`.
 *
 * @example
 * reducedShape([2, 3, 4], [1], true); // [2, 1, 4]
 */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  const out: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!axes.includes(i)) out.push(shape[i]);
    else if (keepDims) out.push(1);
  }
  return out;
}

/**
 * Checks that a shape is a list of non-negative integers that a typed array can hold.
 *
 * @throws ShapeError if it is not
 */
export function checkShape(op: string, shape: Shape): void {
  requireList(op, "shape", shape);
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0) {
      throw new ShapeError(op, `${formatShape(shape)} is not a shape`, "every size must be a non-negative integer");
    }
  }
  if (sizeOf(shape) > 2 ** 31 - 1) {
    throw new ShapeError(op, `${formatShape(shape)} has more than 2^31 - 1 elements`, "use a smaller tensor");
  }
}
