import { ArgumentError, formatShape, requireKnownOptions, ShapeError } from "@unrolled/backend";
import { arange, describeValue, less, type Tensor, tensor, where } from "@unrolled/core";
import { type Lengths, lengthsList } from "./lengths.js";
import { lengthsOf, type PadOptions, padSequence, padSteps, requireTimeAndBatch } from "./pad-sequence.js";

/**
 * Sequences of different lengths for a recurrent layer, as torch.nn.utils.rnn.PackedSequence: make one with `packPadded` or
 * `packSequence`. Inside, it is the padded tensor and the lengths, in the batch's own order: a layer computes with those, and
 * what PyTorch stores (`data`, `batchSizes`, the two permutations) is worked out from them. Made by `packPadded` and `packSequence`.
 */
export class PackedSequence {
  /** [T, B, ...], T the longest length; 0 past each end. */
  readonly padded: Tensor;
  /** Steps of each sequence, in the batch's order. */
  readonly lengths: readonly number[];
  /** The batch's order by falling length; null where the sequences were given in such an order, with enforceSorted. */
  readonly sortedIndices: readonly number[] | null;

  /** @internal */
  constructor(padded: Tensor, lengths: readonly number[], sortedIndices: readonly number[] | null) {
    this.padded = padded;
    this.lengths = lengths;
    this.sortedIndices = sortedIndices;
  }

  /** Where each sequence stands in the sorted order; the inverse of `sortedIndices`. */
  get unsortedIndices(): readonly number[] | null {
    if (this.sortedIndices === null) return null;
    const inverse = new Array<number>(this.sortedIndices.length);
    for (const [place, sequence] of this.sortedIndices.entries()) inverse[sequence] = place;
    return inverse;
  }

  /** How many sequences run at each time step. */
  get batchSizes(): readonly number[] {
    return Array.from({ length: this.padded.shape[0] }, (_, t) => this.lengths.filter((length) => length > t).length);
  }

  /** All steps of all sequences [sum of lengths, ...], time step by time step in sorted order; gradients flow through it. */
  get data(): Tensor {
    const [steps, batch, ...trailing] = this.padded.shape;
    const order = this.sortedIndices ?? this.lengths.map((_, b) => b);
    const rows = this.batchSizes.flatMap((running, t) => order.slice(0, running).map((b) => t * batch + b));
    const indices = tensor(Int32Array.from(rows), { backend: this.padded.backend });
    return this.padded.reshape([steps * batch, ...trailing]).indexSelect(indices, 0);
  }

  /**
   * The same lengths with other features, such as those that an Embedding or a Linear gives.
   *
   * @param fn from `padded` [T, B, ...] to [T, B, ...]
   * @throws ShapeError if time or batch change
   * @example
   * packed.map((x) => new Dropout(0.2).forward(x));
   */
  map(fn: (padded: Tensor) => Tensor): PackedSequence {
    const result = fn(this.padded);
    const [steps, batch] = this.padded.shape;
    if (result.shape[0] !== steps || result.shape[1] !== batch) {
      throw new ShapeError(
        "PackedSequence.map",
        `${formatShape(this.padded.shape)} became ${formatShape(result.shape)}`,
        `keep the first two sizes, [${steps}, ${batch}]`,
      );
    }
    return new PackedSequence(fillPastEnds(result, this.lengths, 0), this.lengths, this.sortedIndices);
  }
}

/** `value` in x [T, B, ...] past each sequence's end. */
function fillPastEnds(x: Tensor, lengths: readonly number[], value: number): Tensor {
  const [steps, batch, ...trailing] = x.shape;
  if (lengths.every((length) => length === steps)) return x;
  const { backend } = x;
  const time = arange(0, steps, 1, { dtype: "int32", backend }).unsqueeze(1);
  const running = less(time, tensor(Int32Array.from(lengths), { backend }));
  return where(running.reshape([steps, batch, ...trailing.map(() => 1)]), x, value);
}

/** Options of `packPadded` and `packSequence`. */
export interface PackOptions {
  /** The input is [B, T, ...] instead of [T, B, ...]. Default false. */
  readonly batchFirst?: boolean;
  /** Expect the sequences by falling length, as some exports need them. With false any order will do. Default true. */
  readonly enforceSorted?: boolean;
}

/**
 * A padded tensor and its lengths, packed, as torch.nn.utils.rnn.pack_padded_sequence. What stands past the ends, be it NaN,
 * is replaced by 0 and gets no gradient.
 *
 * @param x [T, B, ...], with batchFirst [B, T, ...]
 * @param lengths steps of each sequence, 1 to T
 * @throws ArgumentError for a number of lengths other than B, a length out of range (PyTorch packs a length beyond T without
 * a word), or lengths that rise where enforceSorted
 * @example
 * const packed = packPadded(x, [3, 5, 1], { batchFirst: true, enforceSorted: false });
 * const [output, [h, c]] = lstm.forward(packed); // h and c in the order of x
 * const [y, lengths] = padPacked(output, { batchFirst: true });
 */
export function packPadded(x: Tensor, lengths: Lengths, options: PackOptions = {}): PackedSequence {
  requireKnownOptions("packPadded", options, ["batchFirst", "enforceSorted"]);
  const { batchFirst = false, enforceSorted = true } = options;
  requireTimeAndBatch("packPadded", x);
  const timeFirst = batchFirst ? x.swapAxes(0, 1) : x;
  const list = lengthsList("packPadded", lengths, timeFirst.shape[0], timeFirst.shape[1]);
  return pack("packPadded", timeFirst, list, enforceSorted);
}

/**
 * A list of sequences [T_i, ...], packed, as torch.nn.utils.rnn.pack_sequence.
 *
 * @throws ArgumentError for an empty list, or lengths that rise where enforceSorted; ShapeError for sequences that do not fit
 * @example
 * packSequence([tensor([1, 2, 3]), tensor([4])]).data; // [1, 4, 2, 3]
 */
export function packSequence(
  sequences: readonly Tensor[],
  options: { readonly enforceSorted?: boolean } = {},
): PackedSequence {
  requireKnownOptions("packSequence", options, ["enforceSorted"]);
  const { enforceSorted = true } = options;
  const lengths = lengthsOf("packSequence", sequences);
  return pack("packSequence", padSequence(sequences), lengths, enforceSorted);
}

function pack(op: string, x: Tensor, lengths: readonly number[], enforceSorted: boolean): PackedSequence {
  if (enforceSorted && lengths.some((length, i) => i > 0 && length > lengths[i - 1])) {
    throw new ArgumentError(
      op,
      `lengths [${lengths.join(", ")}] are not in falling order`,
      "pass { enforceSorted: false }, or sort the sequences by length, the longest first",
    );
  }
  const trimmed = x.narrow(0, 0, Math.max(...lengths));
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b] - lengths[a]);
  return new PackedSequence(fillPastEnds(trimmed, lengths, 0), lengths, enforceSorted ? null : order);
}

/** Options of `padPacked`. */
export interface PadPackedOptions extends PadOptions {
  /** Pad to this many steps instead of the longest length. */
  readonly totalLength?: number;
}

/**
 * The padded tensor [T, B, ...] of a packed sequence and its lengths, in the batch's own order, as
 * torch.nn.utils.rnn.pad_packed_sequence.
 *
 * @throws ArgumentError for a totalLength below the longest length, and for what is not packed
 * @example
 * const packed = packSequence([ones([3, 2]), ones([1, 2])]);
 * const [padded, lengths] = padPacked(packed); // padded [3, 2, 2], lengths [3, 1]
 */
export function padPacked(
  packed: PackedSequence,
  options: PadPackedOptions = {},
): [padded: Tensor, lengths: readonly number[]] {
  requireKnownOptions("padPacked", options, ["batchFirst", "paddingValue", "totalLength"]);
  if (!(packed instanceof PackedSequence)) {
    throw new ArgumentError(
      "padPacked",
      `packed is ${describeValue(packed)}`,
      "give what packPadded, packSequence or a recurrent layer returned",
    );
  }
  const { padded, lengths } = packed;
  const { batchFirst = false, paddingValue = 0, totalLength = padded.shape[0] } = options;
  if (!Number.isInteger(totalLength) || totalLength < padded.shape[0]) {
    throw new ArgumentError(
      "padPacked",
      `totalLength ${totalLength} for sequences of up to ${padded.shape[0]} steps`,
      `use an integer of at least ${padded.shape[0]}`,
    );
  }
  const filled = paddingValue === 0 ? padded : fillPastEnds(padded, lengths, paddingValue);
  const whole = padSteps(filled, totalLength, paddingValue);
  return [batchFirst ? whole.swapAxes(0, 1) : whole, lengths];
}

/** The sequences of a packed sequence, in the batch's own order, each [T_i, ...], as torch.nn.utils.rnn.unpack_sequence. */
export function unpackSequence(packed: PackedSequence): Tensor[] {
  return packed.padded.unbind(1).map((sequence, b) => sequence.narrow(0, 0, packed.lengths[b]));
}
