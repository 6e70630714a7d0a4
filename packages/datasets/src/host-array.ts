import {
  ArgumentError,
  allocate,
  type DType,
  DTypeError,
  dtypeOf,
  type Shape,
  ShapeError,
  sizeOf,
  type TypedArray,
} from "@unrolled/backend";
import { describeValue } from "@unrolled/core";

/** Numbers in host memory with a shape: row-major, as a tensor's are. */
export interface HostArray {
  readonly data: TypedArray;
  readonly shape: Shape;
}

/** Numbers over time: `[T]` as a flat array, or `[T, F]` as an array of rows or a HostArray. */
export type SeriesLike = ArrayLike<number> | readonly ArrayLike<number>[] | HostArray;

/** A series as T x F numbers in float64, row-major. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** 1 if the series had no feature dimension. */
  readonly rank: 1 | 2;
}

export function isTypedArray(value: unknown): value is TypedArray {
  return (
    value instanceof Float32Array ||
    value instanceof Float64Array ||
    value instanceof Int32Array ||
    value instanceof Uint8Array
  );
}

export function isHostArray(value: unknown): value is HostArray {
  return (
    typeof value === "object" &&
    value !== null &&
    "data" in value &&
    isTypedArray(value.data) &&
    "shape" in value &&
    Array.isArray(value.shape)
  );
}

/**
 * Pairs data with a shape after checking that they fit.
 *
 * @throws ShapeError if they do not
 */
export function hostArray(data: TypedArray, shape: Shape): HostArray {
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      "hostArray",
      `${data.length} numbers do not fill [${shape.join(", ")}]`,
      "give a shape of that size",
    );
  }
  return { data, shape };
}

/** Copies a series into a T x F matrix; throws an ArgumentError or ShapeError that names the row. */
export function toMatrix(op: string, series: SeriesLike): Matrix {
  if (isHostArray(series)) return fromHostArray(op, series);
  if (typeof series !== "object" || series === null || typeof series.length !== "number") {
    throw new ArgumentError(
      op,
      "the series is not a list of numbers",
      "give an array, a typed array, rows, or { data, shape }",
    );
  }
  if (series.length > 0 && typeof series[0] === "object") return fromRows(op, series as readonly ArrayLike<number>[]);
  const data = new Float64Array(series.length);
  copyNumbers(op, series as ArrayLike<number>, data, 0, "row");
  return { data, rows: data.length, columns: 1, rank: 1 };
}

function fromHostArray(op: string, { data, shape }: HostArray): Matrix {
  if (sizeOf(shape) !== data.length || (shape.length !== 1 && shape.length !== 2)) {
    throw new ShapeError(
      op,
      `the series has shape [${shape.join(", ")}] and ${data.length} numbers`,
      "give [T] or [T, F]",
    );
  }
  return { data: Float64Array.from(data), rows: shape[0], columns: shape[1] ?? 1, rank: shape.length };
}

function fromRows(op: string, rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows[0].length;
  const data = new Float64Array(rows.length * columns);
  for (let t = 0; t < rows.length; t++) {
    if (rows[t]?.length !== columns) {
      throw new ShapeError(
        op,
        `row ${t} has ${rows[t]?.length ?? "no"} numbers, row 0 has ${columns}`,
        "give rows of one length",
      );
    }
    copyNumbers(op, rows[t], data, t * columns, `row ${t}, column`);
  }
  return { data, rows: rows.length, columns, rank: 2 };
}

function copyNumbers(op: string, from: ArrayLike<number>, to: Float64Array, offset: number, place: string): void {
  if (isTypedArray(from)) {
    to.set(from, offset);
    return;
  }
  for (let i = 0; i < from.length; i++) {
    const value: unknown = from[i];
    if (typeof value !== "number") {
      throw new ArgumentError(op, `${place} ${i} is ${describeValue(value)}`, "give numbers only");
    }
    to[offset + i] = value;
  }
}

/** The chosen columns of a matrix, in the given order, row-major. */
export function selectColumns<D extends DType>(matrix: Matrix, columns: readonly number[], dtype: D): TypedArray {
  const out = allocate<DType>(dtype, matrix.rows * columns.length);
  let to = 0;
  for (let t = 0; t < matrix.rows; t++) {
    for (let j = 0; j < columns.length; j++) out[to++] = matrix.data[t * matrix.columns + columns[j]];
  }
  return out;
}

/** An array's items `from` to `to` along the first axis, copied. */
export function sliceRows(array: HostArray, from: number, to: number): HostArray {
  const size = sizeOf(array.shape.slice(1));
  return { data: array.data.slice(from * size, to * size), shape: [to - from, ...array.shape.slice(1)] };
}

/** The same shape and dtype for every sample, one after another under a new first axis. */
export function stackHostArrays(op: string, arrays: readonly HostArray[]): HostArray {
  const [first] = arrays;
  const size = first.data.length;
  const data = allocate<DType>(dtypeOf(first.data), size * arrays.length);
  arrays.forEach((array, i) => {
    if (array.shape.length !== first.shape.length || array.shape.some((n, axis) => n !== first.shape[axis])) {
      throw new ShapeError(
        op,
        `sample ${i} of the batch has shape [${array.shape.join(", ")}], sample 0 has [${first.shape.join(", ")}]`,
        "give samples of one shape, or pass { collate: padCollate } for sequences of several lengths",
      );
    }
    if (dtypeOf(array.data) !== dtypeOf(first.data)) {
      throw new DTypeError(
        op,
        `sample ${i} of the batch is ${dtypeOf(array.data)}, sample 0 is ${dtypeOf(first.data)}`,
        "give samples of one dtype",
      );
    }
    data.set(array.data, i * size);
  });
  return { data, shape: [arrays.length, ...first.shape] };
}
