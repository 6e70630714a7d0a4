import { ArgumentError, formatShape, ShapeError } from "@unrolled/backend";
import { indexSelect, type Tensor, tensor } from "@unrolled/core";
import { requireIndex } from "./check.js";
import type { Dataset } from "./dataset.js";

/**
 * Sample i is slice i, along the first axis, of each of several tensors: PyTorch's `TensorDataset`. A loader picks a whole
 * batch with one gather on the tensors' own backend.
 *
 * @throws ShapeError if the first sizes differ
 * @throws ArgumentError if there are no tensors
 * @example
 * const dataset = new TensorDataset(x, y); // x [N, T, F], y [N, 1]
 * dataset.get(0); // [x[0], y[0]]
 */
export class TensorDataset<T extends readonly [Tensor, ...Tensor[]]> implements Dataset<T> {
  readonly length: number;
  readonly #tensors: T;

  constructor(...tensors: T) {
    if (tensors.length === 0) throw new ArgumentError("TensorDataset", "there are no tensors", "give at least one");
    for (const { shape } of tensors) {
      if (shape.length === 0 || shape[0] !== tensors[0].shape[0]) {
        const shapes = tensors.map((one) => formatShape(one.shape)).join(", ");
        throw new ShapeError(
          "TensorDataset",
          `the first sizes differ: ${shapes}`,
          "give tensors with as many samples each",
        );
      }
    }
    this.length = tensors[0].shape[0];
    this.#tensors = tensors;
  }

  get(index: number): T {
    requireIndex("TensorDataset.get", index, this.length);
    return this.#tensors.map((one) => one.select(0, index)) as unknown as T;
  }

  gather(indices: ArrayLike<number>): readonly Tensor[] {
    for (let i = 0; i < indices.length; i++) requireIndex("TensorDataset", indices[i], this.length);
    return this.#tensors.map((one) => {
      const rows = tensor(Int32Array.from(indices), { shape: [indices.length], dtype: "int32", backend: one.backend });
      return indexSelect(one, rows, 0);
    });
  }
}
