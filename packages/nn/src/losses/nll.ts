import type { Tensor } from "@unrolled/core";
import {
  type ClassOptions,
  classAxis,
  classTargets,
  isIndices,
  negativeLikelihood,
  reduceClasses,
  requireWeight,
} from "./class-targets.js";
import { checkOptions } from "./options.js";

/**
 * Negative log-likelihood of int32 class indices, as torch.nn.functional.nll_loss. The input holds log-probabilities, from
 * logSoftmax over the class axis: `[C]`, `[N, C]` or `[N, C, d1, ...]`; the target is the same shape without C.
 * Where every target is ignored the mean is NaN, as in PyTorch; with a mask it is 0.
 *
 * @throws ShapeError, DTypeError for targets that do not fit
 * @throws ArgumentError for a class that does not exist, where the backend looks at indices
 * @example
 * const classes = tensor([1, 0], { dtype: "int32" });
 * nllLoss(zeros([2, 3]).logSoftmax(), classes).item(); // log(3)
 */
export function nllLoss(input: Tensor, target: Tensor, options: ClassOptions = {}): Tensor {
  const op = "nllLoss";
  checkOptions(op, options, ["weight", "ignoreIndex"]);
  const axis = classAxis(op, input);
  if (options.weight) requireWeight(op, options.weight, input, axis);
  isIndices(op, input, target, axis, false);
  const targets = classTargets(op, input, target, axis, options);
  return reduceClasses(negativeLikelihood(input, targets, axis), targets, options);
}
