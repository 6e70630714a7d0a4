import { ArgumentError } from "@unrolled/backend";
import {
  add,
  applyFused,
  describeValue,
  div,
  logSoftmax,
  mul,
  neg,
  sum,
  type Tensor,
  unsqueeze,
  where,
} from "@unrolled/core";
import {
  alongClasses,
  type ClassOptions,
  classAxis,
  classTargets,
  countedTargets,
  isIndices,
  negativeLikelihood,
  reduceClasses,
  requireWeight,
} from "./class-targets.js";
import { maskOf, reduce, shield } from "./mask.js";
import { checkOptions } from "./options.js";

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends ClassOptions {
  /** How much of each target is spread evenly over all classes, from 0 (default) to 1 (Szegedy et al., 2016). */
  readonly labelSmoothing?: number;
}

/** A target whose loss and gradient are 0. */
const noClass = -1;

export function checkSmoothing(op: string, smoothing = 0): number {
  if (smoothing >= 0 && smoothing <= 1) return smoothing;
  throw new ArgumentError(op, `labelSmoothing ${describeValue(smoothing)}`, "use a number from 0 to 1");
}

/**
 * Cross-entropy of softmax(logits), as torch.nn.functional.cross_entropy. Logits are `[C]`, `[N, C]` or `[N, C, d1, ...]`.
 * Targets are int32 class indices in that shape without C, or class probabilities in the logits' own shape and dtype.
 * A mask has the shape of the targets without C. Means: over class indices, divided by the weights of the targets that count,
 * which gives NaN where all are ignored, as in PyTorch, but 0 with a mask; over probabilities, divided by their number.
 *
 * For a recurrent net's logits [B, T, C] and targets [B, T] move the classes: `crossEntropy(y.swapAxes(1, 2), target)`.
 *
 * @throws ShapeError, DTypeError for targets that do not fit, ArgumentError for ignoreIndex with class probabilities
 * @throws ArgumentError for a class that does not exist, where the backend looks at indices
 * @example
 * crossEntropy(tensor([[2, 0, 0]]), tensor([0], { dtype: "int32" })); // 0.24
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const op = "crossEntropy";
  checkOptions(op, options, ["weight", "ignoreIndex", "labelSmoothing"]);
  const smoothing = checkSmoothing(op, options.labelSmoothing);
  const axis = classAxis(op, logits);
  if (options.weight) requireWeight(op, options.weight, logits, axis);
  return isIndices(op, logits, target, axis, true)
    ? ofIndices(op, logits, target, axis, smoothing, options)
    : ofProbabilities(op, logits, target, axis, smoothing, options);
}

function weighted(x: Tensor, logits: Tensor, axis: number, { weight }: ClassOptions): Tensor {
  return weight ? mul(x, alongClasses(weight, logits, axis)) : x;
}

function ofIndices(
  op: string,
  logits: Tensor,
  target: Tensor,
  axis: number,
  smoothing: number,
  options: ClassOptions,
): Tensor {
  if (smoothing === 0) {
    const targets = countedTargets(op, logits, target, axis, options);
    const classes = where(targets.kept, targets.classes, noClass);
    const [losses] = applyFused("softmaxCrossEntropy", [logits, classes], { axis });
    // Only a mean reads the weights in any case; picking them is what finds a class that does not exist.
    const weightsAreRead = options.weight === undefined && (options.reduction ?? "mean") === "mean";
    return reduceClasses(weightsAreRead ? losses : mul(losses, targets.weights), targets, options);
  }
  const targets = classTargets(op, logits, target, axis, options);
  const logProbabilities = logSoftmax(shield(unsqueeze(targets.kept, axis), logits), axis);
  const sharp = negativeLikelihood(logProbabilities, targets, axis);
  const even = div(sum(weighted(logProbabilities, logits, axis, options), axis), -logits.shape[axis]);
  return reduceClasses(add(mul(sharp, 1 - smoothing), mul(even, smoothing)), targets, options);
}

function ofProbabilities(
  op: string,
  logits: Tensor,
  target: Tensor,
  axis: number,
  smoothing: number,
  options: ClassOptions,
): Tensor {
  if (options.ignoreIndex !== undefined) {
    throw new ArgumentError(
      op,
      `ignoreIndex ${options.ignoreIndex} with class probabilities`,
      "leave targets out with a mask",
    );
  }
  const kept = maskOf(
    op,
    options,
    logits.shape.filter((_, i) => i !== axis),
  );
  const wide = kept && unsqueeze(kept, axis);
  const given = shield(wide, target);
  const smooth = smoothing === 0 ? given : add(mul(given, 1 - smoothing), smoothing / logits.shape[axis]);
  const logProbabilities = logSoftmax(shield(wide, logits), axis);
  const losses = neg(sum(weighted(mul(logProbabilities, smooth), logits, axis, options), axis));
  return reduce(losses, kept, options);
}
