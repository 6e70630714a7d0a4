import { ArgumentError, FormatError, ShapeError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import { type HostArray, isHostArray, type Matrix, type SeriesLike, toMatrix } from "../host-array.js";

/** What a scaler gives back for what it was given: flat numbers, rows, or an array of the same shape, all in float64. */
export type Scaled<S> = S extends HostArray
  ? { readonly data: Float64Array; readonly shape: readonly number[] }
  : S extends readonly ArrayLike<number>[]
    ? Float64Array[]
    : Float64Array;

/** Scales each column by numbers learned from a training part, and back. */
export interface Scaler {
  /** Learns from a series `[T]` or `[T, F]`: give it the training part only. */
  fit(series: SeriesLike): this;
  /** Scales a series of as many columns; with one column, an array of any shape. */
  transform<S extends SeriesLike>(series: S): Scaled<S>;
  /** Undoes `transform`. */
  inverseTransform<S extends SeriesLike>(series: S): Scaled<S>;
  /** The scaler of one column alone, for predictions of that column. */
  column(index: number): Scaler;
  /** The same as numbers: scaled = value * scale + offset, one of each a column. For graphs that scale by themselves. */
  affine(): AffineScaling;
  /** Plain data for `scalerFromJSON`. */
  toJSON(): object;
}

/** scaled = value * scale + offset, by column. */
export interface AffineScaling {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** Applies `map(value, column)` to every number of a series that must have `columns` columns. */
export function mapColumns<S extends SeriesLike>(
  op: string,
  series: S,
  columns: number,
  map: (value: number, column: number) => number,
): Scaled<S>;
export function mapColumns(
  op: string,
  series: SeriesLike,
  columns: number,
  map: (value: number, column: number) => number,
): Scaled<HostArray> | Float64Array[] | Float64Array {
  if (isHostArray(series)) {
    const { shape } = series;
    if (columns > 1) requireColumns(op, shape.at(-1) ?? 1, columns);
    return { data: mapped(Float64Array.from(series.data), columns, map), shape };
  }
  const matrix = toMatrix(op, series);
  if (columns > 1 || matrix.rank === 2) requireColumns(op, matrix.columns, columns);
  const data = mapped(matrix.data, columns, map);
  if (matrix.rank === 1) return data;
  return Array.from({ length: matrix.rows }, (_, t) => data.slice(t * columns, (t + 1) * columns));
}

function mapped(data: Float64Array, columns: number, map: (value: number, column: number) => number): Float64Array {
  for (let i = 0; i < data.length; i++) data[i] = map(data[i], i % columns);
  return data;
}

function requireColumns(op: string, found: number, wanted: number): void {
  if (found !== wanted) {
    throw new ShapeError(
      op,
      `the series has ${found} columns, the scaler was fitted on ${wanted}`,
      "give as many columns, or use scaler.column(i) for one of them",
    );
  }
}

/** A series to fit on: at least one row, every number finite. */
export function fittable(op: string, series: SeriesLike): Matrix {
  const matrix = toMatrix(op, series);
  if (matrix.rows === 0 || matrix.columns === 0)
    throw new ArgumentError(op, "the series is empty", "fit on at least one row");
  for (let i = 0; i < matrix.data.length; i++) {
    if (!Number.isFinite(matrix.data[i])) {
      const row = Math.floor(i / matrix.columns);
      throw new ArgumentError(
        op,
        `row ${row}, column ${i % matrix.columns} is ${matrix.data[i]}`,
        "fill or drop it before fitting",
      );
    }
  }
  return matrix;
}

/** Throws if what was learned overflowed. */
export function requireFiniteFit(op: string, learned: readonly Float64Array[]): void {
  for (const values of learned) {
    const column = values.findIndex((value) => !Number.isFinite(value));
    if (column >= 0) {
      throw new ArgumentError(
        op,
        `the values of column ${column} are too large for float64`,
        "divide them by a constant first",
      );
    }
  }
}

export function requireFitted<L>(op: string, learned: L | null): L {
  if (learned === null) throw new ArgumentError(op, "the scaler has not been fitted", "call fit(trainingPart) first");
  return learned;
}

/** The scaling, where its numbers exist: those of a column of nearly equal values may be too large. */
export function requireFiniteAffine(op: string, scaling: AffineScaling): AffineScaling {
  const column = scaling.scale.findIndex(
    (factor, j) => !Number.isFinite(factor) || !Number.isFinite(scaling.offset[j]),
  );
  if (column < 0) return scaling;
  throw new ArgumentError(
    op,
    `the values of column ${column} are so close together that 1 / their spread is no number`,
    "multiply them by a constant first, or leave the column out",
  );
}

export function requireColumn(op: string, index: number, columns: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= columns) {
    throw new ArgumentError(
      op,
      `there is no column ${describeValue(index)}`,
      `give a whole number from 0 to ${columns - 1}`,
    );
  }
}

/** The fields of a scaler's JSON, once its kind is right. */
export function fieldsOf(op: string, json: unknown, kind: string): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new FormatError(op, "the JSON is not an object", `give what ${kind}.toJSON() returned`);
  }
  const fields = json as Readonly<Record<string, unknown>>;
  if (fields.kind !== kind) {
    throw new FormatError(op, `"kind" is ${text(fields.kind)}`, `it must be "${kind}"`);
  }
  return fields;
}

/** A non-empty list of finite numbers out of JSON. */
export function numbersOf(op: string, fields: Readonly<Record<string, unknown>>, name: string): Float64Array {
  const value = fields[name];
  if (!Array.isArray(value) || value.length === 0) {
    throw new FormatError(op, `"${name}" is ${text(value)}`, "it must be a non-empty list of numbers");
  }
  const bad = value.findIndex((item) => typeof item !== "number" || !Number.isFinite(item));
  if (bad >= 0) throw new FormatError(op, `"${name}"[${bad}] is ${text(value[bad])}`, "it must be a finite number");
  return Float64Array.from(value as number[]);
}

function text(value: unknown): string {
  return value === undefined
    ? "missing"
    : Array.isArray(value)
      ? "an empty list"
      : String(JSON.stringify(value)).slice(0, 40);
}
