import { ArgumentError, isFloat } from "@unrolled/backend";
import { type Tensor, tensor } from "@unrolled/core";

/** What scales values by column of their last axis: `scaled = value * scale + offset`. Every scaler of `@unrolled/datasets` does. */
export interface Affine {
  affine(): { readonly scale: readonly number[]; readonly offset: readonly number[] };
}

/** A scaler's numbers, checked, as they go into a graph. */
export class Scaling {
  readonly #op: string;
  readonly #name: string;
  readonly #scale: Float64Array;
  readonly #offset: Float64Array;

  /** @throws ArgumentError for numbers that cannot be undone */
  constructor(op: string, name: string, scaler: Affine) {
    if (typeof scaler?.affine !== "function")
      throw new ArgumentError(op, `the scaler of ${name} has no affine()`, "give a StandardScaler or MinMaxScaler");
    const { scale, offset } = scaler.affine();
    const sound =
      scale.length > 0 &&
      scale.length === offset.length &&
      scale.every((value) => Number.isFinite(value) && value !== 0) &&
      offset.every(Number.isFinite);
    if (!sound)
      throw new ArgumentError(
        op,
        `the scaler of ${name} has scale [${scale.join(", ")}] and offset [${offset.join(", ")}]`,
        "give one finite number of each a column, no scale of 0",
      );
    this.#op = op;
    this.#name = name;
    this.#scale = Float64Array.from(scale);
    this.#offset = Float64Array.from(offset);
  }

  /** Raw values to scaled ones, computed in float64: a large offset would cost float32 its last digits. */
  scaled(x: Tensor): Tensor {
    this.#check(x);
    const [scale, offset] = this.#constants(x);
    return x.cast("float64").mul(scale).add(offset);
  }

  /** Scaled values to raw ones, computed in float64. */
  raw(y: Tensor): Tensor {
    this.#check(y);
    const [scale, offset] = this.#constants(y);
    return y.cast("float64").sub(offset).div(scale);
  }

  #constants({ backend }: Tensor): [scale: Tensor, offset: Tensor] {
    return [tensor(this.#scale, { backend }), tensor(this.#offset, { backend })];
  }

  #check({ shape, dtype }: Tensor): void {
    const columns = this.#scale.length;
    if (isFloat(dtype) && (columns === 1 || shape.at(-1) === columns)) return;
    throw new ArgumentError(
      this.#op,
      `the scaler of ${this.#name} has ${columns} column${columns > 1 ? "s" : ""}, ${this.#name} is ${dtype} [${shape.join(", ")}]`,
      "scale floats, with a column for each place of the last axis, or one for all",
    );
  }
}
