import { requireIndex } from "../check.js";
import type { Dataset } from "../dataset.js";
import type { HostArray } from "../host-array.js";

/** A sequence [T, F] and one number [1] to learn about it. */
export type LabelledSequence = [x: HostArray, y: HostArray];

/** Sequences of one length, each with its target, held in two arrays. Made by `addingProblem` and `parity`. */
export class SequenceDataset implements Dataset<LabelledSequence> {
  readonly length: number;
  readonly #op: string;
  readonly #x: Float32Array;
  readonly #y: Float32Array;
  readonly #xShape: readonly [steps: number, features: number];

  /**
   * @param x all sequences one after another, [N, T, F]
   * @param y [N]
   */
  constructor(op: string, x: Float32Array, y: Float32Array, xShape: readonly [steps: number, features: number]) {
    this.length = y.length;
    this.#op = op;
    this.#x = x;
    this.#y = y;
    this.#xShape = xShape;
  }

  get(index: number): LabelledSequence {
    const [x, y] = this.gather([index]);
    return [
      { data: x.data, shape: this.#xShape },
      { data: y.data, shape: [1] },
    ];
  }

  gather(indices: ArrayLike<number>): LabelledSequence {
    const size = this.#xShape[0] * this.#xShape[1];
    const x = new Float32Array(indices.length * size);
    const y = new Float32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      requireIndex(this.#op, indices[i], this.length);
      x.set(this.#x.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
      y[i] = this.#y[indices[i]];
    }
    return [
      { data: x, shape: [indices.length, ...this.#xShape] },
      { data: y, shape: [indices.length, 1] },
    ];
  }
}
