import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OpAttr } from "../binding.js";
import type { TensorFlowDevice } from "../device.js";
import { sumRows } from "../kernels/reductions.js";

/** What the sequence ops have in common: products over all steps at once, and the way from one tensor to one a step. */
export class SequenceParts {
  readonly #tf: TensorFlowDevice;

  constructor(tf: TensorFlowDevice) {
    this.#tf = tf;
  }

  /** `x [T, B, I]`, `weight [N, I]`, biases `[N]` -> `[T, B, N]` */
  project(x: TensorInfo, weight: TensorInfo, ...biases: readonly (TensorInfo | null)[]): TensorInfo {
    const tf = this.#tf;
    const [count, batch, size] = x.shape;
    const rows = tf.reshape(x, [count * batch, size]);
    const product = tf.op("MatMul", [rows, weight], [tf.flag("transpose_b", true)]);
    const bias = this.sum(biases);
    const biased = bias ? tf.op("BiasAdd", [product, bias]) : product;
    return tf.reshape(biased, [count, batch, weight.shape[0]]);
  }

  sum(terms: readonly (TensorInfo | null)[]): TensorInfo | null {
    return terms.reduce((a, b) => (a && b ? this.#tf.op("AddV2", [a, b]) : (a ?? b)), null);
  }

  /** `[T, ...]` -> T of `[...]` */
  unpack(x: TensorInfo): TensorInfo[] {
    const tf = this.#tf;
    const [count] = x.shape;
    return tf.ops("Unpack", [x], [tf.whole("num", count), tf.whole("axis", 0), tf.type("T", "float32")], count);
  }

  /** T of `[...]` -> `[T, ...]` */
  pack(steps: readonly TensorInfo[]): TensorInfo {
    return this.#tf.op("Pack", steps, [...this.#list(steps.length), this.#tf.whole("axis", 0)]);
  }

  concat(parts: readonly TensorInfo[], axis: number): TensorInfo {
    return this.#tf.op("ConcatV2", [...parts, this.#tf.ints([axis], [])], this.#list(parts.length));
  }

  /** Columns or rows `[start, start + size)` of a matrix, or of the last dimension of a tensor. */
  slice(x: TensorInfo, axis: number, start: number, size: number): TensorInfo {
    const tf = this.#tf;
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    return tf.op("Slice", [x, tf.ints(begin), tf.ints(x.shape.with(axis, size))]);
  }

  /** The state before each step: `first [B, H]` and `states [T, B, H]`, those after each step -> `[T, B, H]` */
  before(first: TensorInfo, states: TensorInfo): TensorInfo {
    const [count, batch, size] = states.shape;
    const all = this.concat([this.#tf.reshape(first, [1, batch, size]), states], 0);
    return this.slice(all, 0, 0, count);
  }

  /** `dGates [T, B, N]` and what the weight was multiplied with, `[T, B, I]` -> `[N, I]` */
  weightGradient(dGates: TensorInfo, of: TensorInfo): TensorInfo {
    return this.#tf.op("MatMul", [this.#rows(dGates), this.#rows(of)], [this.#tf.flag("transpose_a", true)]);
  }

  /** `dGates [T, B, N]` -> `[N]` */
  biasGradient(dGates: TensorInfo): TensorInfo {
    return sumRows(this.#tf, this.#rows(dGates));
  }

  /** `dGates [T, B, N]`, `weight [N, I]` -> `[T, B, I]` */
  inputGradient(dGates: TensorInfo, weight: TensorInfo): TensorInfo {
    const [count, batch] = dGates.shape;
    const product = this.#tf.op("MatMul", [this.#rows(dGates), weight]);
    return this.#tf.reshape(product, [count, batch, weight.shape[1]]);
  }

  #rows(x: TensorInfo): TensorInfo {
    const [count, batch, size] = x.shape;
    return this.#tf.reshape(x, [count * batch, size]);
  }

  #list(count: number): OpAttr[] {
    return [this.#tf.whole("N", count), this.#tf.type("T", "float32")];
  }
}
