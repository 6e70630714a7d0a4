import { FormatError } from "@unrolled/backend";
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
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** `StandardScaler` as plain data. */
export interface StandardScalerJSON {
  readonly kind: "StandardScaler";
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/**
 * Scales each column to mean 0 and standard deviation 1 (population, as scikit-learn's `StandardScaler`), in float64.
 * A constant column has no deviation: it is only shifted to 0, and its scale is 1.
 *
 * @example
 * const scaler = new StandardScaler().fit(training);
 * const scaled = scaler.transform(test);
 * scaler.inverseTransform(scaled); // test again
 */
export class StandardScaler implements Scaler {
  #learned: Learned | null = null;

  /** Mean of each column. */
  get mean(): Float64Array {
    return requireFitted("StandardScaler.mean", this.#learned).mean.slice();
  }

  /** What each column is divided by. */
  get scale(): Float64Array {
    return requireFitted("StandardScaler.scale", this.#learned).scale.slice();
  }

  fit(series: SeriesLike): this {
    const { data, rows, columns } = fittable("StandardScaler.fit", series);
    const first = data.slice(0, columns);
    const mean = new Float64Array(columns);
    for (let i = 0; i < data.length; i++) mean[i % columns] += (data[i] - first[i % columns]) / rows;
    for (let j = 0; j < columns; j++) mean[j] += first[j];
    const variance = new Float64Array(columns);
    for (let i = 0; i < data.length; i++) variance[i % columns] += (data[i] - mean[i % columns]) ** 2 / rows;
    const scale = variance.map((v) => Math.sqrt(v) || 1);
    requireFiniteFit("StandardScaler.fit", [mean, scale]);
    this.#learned = { mean, scale };
    return this;
  }

  transform<S extends SeriesLike>(series: S): Scaled<S> {
    const { mean, scale } = requireFitted("StandardScaler.transform", this.#learned);
    return mapColumns("StandardScaler.transform", series, mean.length, (x, j) => (x - mean[j]) / scale[j]);
  }

  inverseTransform<S extends SeriesLike>(series: S): Scaled<S> {
    const { mean, scale } = requireFitted("StandardScaler.inverseTransform", this.#learned);
    return mapColumns("StandardScaler.inverseTransform", series, mean.length, (z, j) => z * scale[j] + mean[j]);
  }

  column(index: number): StandardScaler {
    const { mean, scale } = requireFitted("StandardScaler.column", this.#learned);
    requireColumn("StandardScaler.column", index, mean.length);
    const one = new StandardScaler();
    one.#learned = { mean: mean.slice(index, index + 1), scale: scale.slice(index, index + 1) };
    return one;
  }

  /** Multiplying by 1 / scale may differ from `transform`, which divides, in the last digit. */
  affine(): AffineScaling {
    const { mean, scale } = requireFitted("StandardScaler.affine", this.#learned);
    return requireFiniteAffine("StandardScaler.affine", {
      scale: Array.from(scale, (s) => 1 / s),
      offset: Array.from(mean, (m, j) => -m / scale[j]),
    });
  }

  toJSON(): StandardScalerJSON {
    const { mean, scale } = requireFitted("StandardScaler.toJSON", this.#learned);
    return { kind: "StandardScaler", mean: [...mean], scale: [...scale] };
  }

  /**
   * The scaler that `toJSON` wrote.
   *
   * @throws FormatError if `json` is not what `toJSON` returns
   */
  static fromJSON(json: unknown): StandardScaler {
    const op = "StandardScaler.fromJSON";
    const fields = fieldsOf(op, json, "StandardScaler");
    const mean = numbersOf(op, fields, "mean");
    const scale = numbersOf(op, fields, "scale");
    if (scale.length !== mean.length) {
      throw new FormatError(op, `"mean" has ${mean.length} numbers, "scale" ${scale.length}`, "both have one a column");
    }
    if (scale.some((value) => value <= 0))
      throw new FormatError(op, '"scale" holds a number not above 0', "every scale is above 0");
    const scaler = new StandardScaler();
    scaler.#learned = { mean, scale };
    return scaler;
  }
}
