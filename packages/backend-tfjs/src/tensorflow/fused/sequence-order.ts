import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Shape } from "@unrolled/backend";
import type { TensorFlowDevice } from "../device.js";

/** Cotangents of the states after each step, and of the state before the first one (where a sequence has length 0). */
interface Spread {
  readonly steps: TensorInfo;
  readonly before: TensorInfo | null;
}

/**
 * Lengths and direction of sequences around an op that runs forward over all T steps of every sequence. What it computes past a
 * sequence's end is never read: outputs there become 0, last states come from the step before, and no cotangent enters there,
 * so that none leaves either.
 */
export class SequenceOrder {
  readonly #tf: TensorFlowDevice;
  readonly #lengths: TensorInfo | null;
  readonly #steps: number;
  readonly #reverse: boolean;
  #mask: TensorInfo | null = null;
  #ends: TensorInfo | null = null;

  constructor(tf: TensorFlowDevice, lengths: TensorInfo | null, steps: number, reverse: boolean) {
    this.#tf = tf;
    this.#lengths = lengths;
    this.#steps = steps;
    this.#reverse = reverse;
  }

  /** `[T, B, N]` with each sequence turned round within its length, if it is to be read backwards. Its own inverse. */
  apply(x: TensorInfo): TensorInfo {
    const tf = this.#tf;
    if (!this.#reverse) return x;
    if (this.#lengths === null) return tf.op("ReverseV2", [x, tf.ints([0])]);
    return tf.op("ReverseSequence", [x, this.#lengths], [tf.whole("seq_dim", 0), tf.whole("batch_dim", 1)]);
  }

  /** `[T, B, N]` with zeros past the ends. */
  masked(x: TensorInfo): TensorInfo {
    if (this.#lengths === null) return x;
    return this.#tf.op("SelectV2", [this.#running(this.#lengths), x, this.#tf.scalar(0, "float32")]);
  }

  /** The state `[B, H]` after each sequence's own last step; `first` is the one before all steps. */
  last(first: TensorInfo, states: TensorInfo): TensorInfo {
    const tf = this.#tf;
    const [batch, size] = first.shape;
    if (this.#lengths === null) {
      const slice = tf.op("Slice", [states, tf.ints([this.#steps - 1, 0, 0]), tf.ints([1, batch, size])]);
      return tf.reshape(slice, first.shape);
    }
    const all = [tf.reshape(first, [1, batch, size]), states];
    const joined = tf.op("ConcatV2", [...all, tf.ints([0], [])], [tf.whole("N", 2), tf.type("T", "float32")]);
    return tf.op("GatherNd", [joined, this.#lastPositions(this.#lengths, batch)]);
  }

  /** A cotangent of `last` at its place among those of all states, plus those of `steps`. */
  spread(ofLast: TensorInfo | null, shape: Shape, steps: TensorInfo | null): Spread {
    const tf = this.#tf;
    if (ofLast === null) return { steps: steps ?? tf.fill(shape, 0, "float32"), before: null };
    const [count, batch, size] = shape;
    if (this.#lengths === null) {
      const padded = tf.reshape(ofLast, [1, batch, size]);
      const paddings = tf.ints([count - 1, 0, 0, 0, 0, 0], [3, 2]);
      const alone = tf.op("Pad", [padded, paddings]);
      return { steps: this.#plus(alone, steps), before: null };
    }
    const positions = this.#lastPositions(this.#lengths, batch);
    const all = tf.op("ScatterNd", [positions, ofLast, tf.ints([count + 1, batch, size])]);
    const before = tf.op("Slice", [all, tf.ints([0, 0, 0]), tf.ints([1, batch, size])]);
    const after = tf.op("Slice", [all, tf.ints([1, 0, 0]), tf.ints(shape)]);
    return { steps: this.#plus(after, steps), before: tf.reshape(before, [batch, size]) };
  }

  #plus(a: TensorInfo, b: TensorInfo | null): TensorInfo {
    return b === null ? a : this.#tf.op("AddV2", [a, b]);
  }

  /** `[T, B, 1]` bool: whether step t is within sequence b. */
  #running(lengths: TensorInfo): TensorInfo {
    const tf = this.#tf;
    this.#mask ??= tf.op("Less", [
      tf.write(
        Int32Array.from({ length: this.#steps }, (_, t) => t),
        [this.#steps, 1, 1],
        "int32",
      ),
      tf.reshape(lengths, [1, lengths.shape[0], 1]),
    ]);
    return this.#mask;
  }

  /** `[B, 2]`: each sequence's length and number. */
  #lastPositions(lengths: TensorInfo, batch: number): TensorInfo {
    const tf = this.#tf;
    this.#ends ??= tf.op(
      "Pack",
      [
        lengths,
        tf.write(
          Int32Array.from({ length: batch }, (_, b) => b),
          [batch],
          "int32",
        ),
      ],
      [tf.whole("N", 2), tf.whole("axis", 1), tf.type("T", "int32")],
    );
    return this.#ends;
  }
}
