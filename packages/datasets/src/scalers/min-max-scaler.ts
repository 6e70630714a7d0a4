import { ArgumentError, FormatError, requireKnownOptions } from "@unrolled/backend";
import { requireFinite } from "../check.js";
import type { SeriesLike } from "../host-array.js";
import {
  type AffineScaling,
  fieldsOf,
  fittable,
  mapColumns,
  numbersOf,
  requireColumn,
  requireFiniteAffine,
  requireFiniteFit,
  requireFitted,
  type Scaled,
  type Scaler,
} from "./scaler.js";

interface Learned {
  readonly min: Float64Array;
  readonly span: Float64Array;
}

/** `MinMaxScaler` as plain data. `span` is max - min, or 1 for a constant column. */
export interface MinMaxScalerJSON {
  readonly kind: "MinMaxScaler";
  readonly range: readonly [number, number];
  readonly min: readonly number[];
  readonly span: readonly number[];
}

/**
 * Scales each column so that its least and greatest training value become the ends of `range`, in float64. Later values
 * outside the training range land outside `range`; nothing is clipped. A constant column becomes the range's lower end.
 *
 * @throws ArgumentError unless low < high
 * @example
 * const scaler = new MinMaxScaler({ range: [-1, 1] }).fit([10, 20]);
 * scaler.transform([15]); // [0]
 */
export class MinMaxScaler implements Scaler {
  readonly #low: number;
  readonly #high: number;
  #learned: Learned | null = null;

  /** @param options `range`: where the training values land, default [0, 1] */
  constructor(options: { readonly range?: readonly [low: number, high: number] } = {}) {
    requireKnownOptions("MinMaxScaler", options, ["range"]);
    const [low, high] = options.range ?? [0, 1];
    requireFinite("MinMaxScaler", "range[0]", low);
    requireFinite("MinMaxScaler", "range[1]", high);
    if (!(low < high) || !Number.isFinite(high - low)) {
      throw new ArgumentError("MinMaxScaler", `range is [${low}, ${high}]`, "give [low, high] with low < high");
    }
    this.#low = low;
    this.#high = high;
  }

  /** Least value of each column. */
  get min(): Float64Array {
    return requireFitted("MinMaxScaler.min", this.#learned).min.slice();
  }

  /** Greatest minus least value of each column; 1 where that is 0. */
  get span(): Float64Array {
    return requireFitted("MinMaxScaler.span", this.#learned).span.slice();
  }

  fit(series: SeriesLike): this {
    const { data, columns } = fittable("MinMaxScaler.fit", series);
    const min = data.slice(0, columns);
    const max = data.slice(0, columns);
    for (let i = 0; i < data.length; i++) {
      const j = i % columns;
      if (data[i] < min[j]) min[j] = data[i];
      if (data[i] > max[j]) max[j] = data[i];
    }
    const span = max.map((value, j) => value - min[j] || 1);
    requireFiniteFit("MinMaxScaler.fit", [span]);
    this.#learned = { min, span };
    return this;
  }

  transform<S extends SeriesLike>(series: S): Scaled<S> {
    const { min, span } = requireFitted("MinMaxScaler.transform", this.#learned);
    const [low, width] = [this.#low, this.#high - this.#low];
    return mapColumns("MinMaxScaler.transform", series, min.length, (x, j) => ((x - min[j]) / span[j]) * width + low);
  }

  inverseTransform<S extends SeriesLike>(series: S): Scaled<S> {
    const { min, span } = requireFitted("MinMaxScaler.inverseTransform", this.#learned);
    const [low, width] = [this.#low, this.#high - this.#low];
    return mapColumns(
      "MinMaxScaler.inverseTransform",
      series,
      min.length,
      (z, j) => ((z - low) / width) * span[j] + min[j],
    );
  }

  column(index: number): MinMaxScaler {
    const { min, span } = requireFitted("MinMaxScaler.column", this.#learned);
    requireColumn("MinMaxScaler.column", index, min.length);
    return this.#with({ min: min.slice(index, index + 1), span: span.slice(index, index + 1) });
  }

  /** May differ from `transform`, which subtracts first, in the last digits. */
  affine(): AffineScaling {
    const { min, span } = requireFitted("MinMaxScaler.affine", this.#learned);
    const factors = Array.from(span, (s) => (this.#high - this.#low) / s);
    const offset = factors.map((factor, j) => this.#low - min[j] * factor);
    return requireFiniteAffine("MinMaxScaler.affine", { scale: factors, offset });
  }

  toJSON(): MinMaxScalerJSON {
    const { min, span } = requireFitted("MinMaxScaler.toJSON", this.#learned);
    return { kind: "MinMaxScaler", range: [this.#low, this.#high], min: [...min], span: [...span] };
  }

  /**
   * The scaler that `toJSON` wrote.
   *
   * @throws FormatError if `json` is not what `toJSON` returns
   */
  static fromJSON(json: unknown): MinMaxScaler {
    const op = "MinMaxScaler.fromJSON";
    const fields = fieldsOf(op, json, "MinMaxScaler");
    const [low, high, ...more] = numbersOf(op, fields, "range");
    if (more.length > 0 || !(low < high) || !Number.isFinite(high - low)) {
      throw new FormatError(op, '"range" is not [low, high]', "give two numbers with low < high");
    }
    const min = numbersOf(op, fields, "min");
    const span = numbersOf(op, fields, "span");
    if (span.length !== min.length) {
      throw new FormatError(op, `"min" has ${min.length} numbers, "span" ${span.length}`, "both have one a column");
    }
    if (span.some((value) => value <= 0))
      throw new FormatError(op, '"span" holds a number not above 0', "every span is above 0");
    return new MinMaxScaler({ range: [low, high] }).#with({ min, span });
  }

  #with(learned: Learned): MinMaxScaler {
    const scaler = new MinMaxScaler({ range: [this.#low, this.#high] });
    scaler.#learned = learned;
    return scaler;
  }
}
