import { ArgumentError, formatShape, requireKnownOptions, ShapeError, sameShape } from "@unrolled/backend";
import { stack, type Tensor } from "@unrolled/core";
import { requireTensor } from "./checks.js";
import { type Lengths, lengthsList } from "./lengths.js";

/** Options of `padSequence`. */
export interface PadOptions {
  /** [B, T, ...] instead of [T, B, ...]. Default false. */
  readonly batchFirst?: boolean;
  /** What stands past a sequence's end. Default 0. */
  readonly paddingValue?: number;
}

/** Lengths of a list of sequences [T_i, ...]; raises if they cannot stand side by side. */
export function lengthsOf(op: string, sequences: readonly Tensor[]): readonly number[] {
  if (!Array.isArray(sequences) || sequences.length === 0)
    throw new ArgumentError(op, "got no sequences", "give a list of at least one tensor");
  for (const [i, sequence] of sequences.entries())
    requireTensor(op, `sequence ${i}`, sequence, "give a tensor [time steps, ...]");
  const trailing = sequences[0].shape.slice(1);
  return sequences.map(({ shape }, i) => {
    if (shape.length === 0 || shape[0] === 0 || !sameShape(shape.slice(1), trailing)) {
      throw new ShapeError(
        op,
        `sequence ${i} is ${formatShape(shape)}, sequence 0 ${formatShape(sequences[0].shape)}`,
        "give [time steps, ...] with at least one step, alike but in the number of steps",
      );
    }
    return shape[0];
  });
}

/** Steps appended along the first axis up to `steps`. */
export function padSteps(x: Tensor, steps: number, value: number): Tensor {
  if (x.shape[0] === steps) return x;
  return x.pad(
    x.shape.map((size, axis) => [0, axis === 0 ? steps - size : 0] as const),
    value,
  );
}

/**
 * Sequences of different lengths as one tensor, as torch.nn.utils.rnn.pad_sequence: list of [T_i, ...] -> [T, B, ...], where T
 * is the longest length.
 *
 * @throws ArgumentError for an empty list; ShapeError for an empty sequence, or trailing sizes that differ
 * @example
 * padSequence([tensor([1, 2]), tensor([3])], { batchFirst: true }); // [[1, 2], [3, 0]]
 */
export function padSequence(sequences: readonly Tensor[], options: PadOptions = {}): Tensor {
  requireKnownOptions("padSequence", options, ["batchFirst", "paddingValue"]);
  const { batchFirst = false, paddingValue = 0 } = options;
  const longest = Math.max(...lengthsOf("padSequence", sequences));
  return stack(
    sequences.map((sequence) => padSteps(sequence, longest, paddingValue)),
    batchFirst ? 0 : 1,
  );
}

/**
 * The sequences in a padded tensor, each cut to its length, as torch.nn.utils.rnn.unpad_sequence.
 *
 * @param padded [T, B, ...], with batchFirst [B, T, ...]
 * @param lengths steps of each sequence, 1 to T
 * @throws ArgumentError for a number of lengths other than B, or a length out of range
 * @example
 * unpadSequence(tensor([[1, 2], [3, 0]]), [2, 1], { batchFirst: true }); // [[1, 2]], [[3]]
 */
export function unpadSequence(
  padded: Tensor,
  lengths: Lengths,
  options: { readonly batchFirst?: boolean } = {},
): Tensor[] {
  requireKnownOptions("unpadSequence", options, ["batchFirst"]);
  const { batchFirst = false } = options;
  requireTimeAndBatch("unpadSequence", padded);
  const [steps, batch] = batchFirst ? [padded.shape[1], padded.shape[0]] : padded.shape;
  const list = lengthsList("unpadSequence", lengths, steps, batch);
  return padded.unbind(batchFirst ? 0 : 1).map((sequence, i) => sequence.narrow(0, 0, list[i]));
}

/** Raises for a tensor without a time and a batch dimension. */
export function requireTimeAndBatch(op: string, x: Tensor): void {
  requireTensor(op, "the padded input", x, "give a tensor");
  if (x.shape.length < 2 || x.shape[0] === 0 || x.shape[1] === 0) {
    throw new ShapeError(
      op,
      `the tensor is ${formatShape(x.shape)}`,
      "give [time, batch, ...], or with batchFirst [batch, time, ...], neither of them 0",
    );
  }
}
