import { ArgumentError } from "@unrolled/backend";
import { arange, cast, describeValue, less, type Tensor, unsqueeze } from "@unrolled/core";
import { type Lengths, lengthsPerSequence } from "./lengths.js";

/**
 * Which steps of a padded batch belong to their sequence: [batch, time] float32, 1 before a sequence's end and 0 from there on.
 * It is `torch.arange(T) < lengths[:, None]`, for the `mask` of a loss and for sums over time. For losses [batch, time, ...] add
 * the last dimensions, `.unsqueeze(-1)`; for time first exchange the two, `.swapAxes(0, 1)`.
 *
 * @param lengths valid steps of each sequence, 0 to `steps`: a list, an Int32Array, or an int32 tensor [batch], on whose backend
 * the mask is then
 * @param steps time steps of the padded batch, `x.shape[1]` with batch first
 * @throws ArgumentError for steps that are no integer of 0 or more, and for lengths out of range; those in a tensor are checked
 * where they lie in the host's memory. DTypeError and ShapeError for a tensor that is not int32 [batch]
 * @example
 * lengthsMask([3, 1], 4).toArray(); // [[1, 1, 1, 0], [1, 0, 0, 0]]
 * mseLoss(ones([2, 4]), zeros([2, 4]), { mask: lengthsMask([3, 1], 4) }); // the mean over 4 steps
 */
export function lengthsMask(lengths: Lengths, steps: number): Tensor {
  if (!Number.isInteger(steps) || steps < 0)
    throw new ArgumentError(
      "lengthsMask",
      `steps ${describeValue(steps)}`,
      "give the padded batch's, such as x.shape[1]",
    );
  const ends = lengthsPerSequence("lengthsMask", lengths, steps);
  const time = arange(0, steps, 1, { dtype: "int32", backend: ends.backend });
  return cast(less(time, unsqueeze(ends, 1)), "float32");
}
