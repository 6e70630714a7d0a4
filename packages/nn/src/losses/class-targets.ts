import { ArgumentError, formatShape, isFloat, type Shape, ShapeError, sameShape } from "@unrolled/backend";
import {
  arange,
  cast,
  describeValue,
  div,
  equal,
  logicalAnd,
  mul,
  notEqual,
  ones,
  sum,
  type Tensor,
  unsqueeze,
  where,
} from "@unrolled/core";
import { pickRows, requireIndices } from "../indices.js";
import { requireTensor } from "../require-tensor.js";
import { maskOf } from "./mask.js";
import { type LossOptions, requireFloat, requireSameDType } from "./options.js";

/** Options that losses over classes share. */
export interface ClassOptions extends LossOptions {
  /** Times the loss of each class [C]; a mean divides by the weights of the targets. */
  readonly weight?: Tensor;
  /** Targets of this class do not count, and get no gradient. Default -100. */
  readonly ignoreIndex?: number;
}

/** Where the classes are in `[C]`, `[N, C]` or `[N, C, d1, ...]`. */
export function classAxis(op: string, input: Tensor): number {
  requireTensor(op, "input", input);
  requireFloat(op, "input", input);
  if (input.rank === 0 || input.shape[input.rank === 1 ? 0 : 1] === 0) {
    throw new ShapeError(op, `input ${formatShape(input.shape)} has no classes`, "give [C], [N, C] or [N, C, d1, ...]");
  }
  return input.rank === 1 ? 0 : 1;
}

export function requireWeight(op: string, weight: Tensor, input: Tensor, axis: number): void {
  requireSameDType(op, input, "weight", weight);
  const classes = [input.shape[axis]];
  if (!sameShape(weight.shape, classes))
    throw new ShapeError(
      op,
      `weight is ${formatShape(weight.shape)}`,
      `give one for each class: ${formatShape(classes)}`,
    );
}

/** `[C]` as a shape that broadcasts against the input. */
export function alongClasses(perClass: Tensor, input: Tensor, axis: number): Tensor {
  return perClass.reshape([-1, ...input.shape.slice(axis + 1).map(() => 1)]);
}

/** Explains what would fit: indices without the class axis, or (where allowed) probabilities with it. */
function refuseShape(op: string, input: Tensor, target: Tensor, wanted: Shape, probabilities: boolean): never {
  const shapes = `input ${formatShape(input.shape)}, target ${formatShape(target.shape)} ${target.dtype}`;
  const classesLast = input.rank > 2 && sameShape(target.shape, input.shape.slice(0, -1));
  if (classesLast) {
    throw new ShapeError(
      op,
      `${shapes}: classes come on axis 1, as [N, C, d1, ...]`,
      "move them there: input.swapAxes(1, -1) for [B, T, C], or reshape both to [N, C] and [N]",
    );
  }
  const indices = `int32 class indices ${formatShape(wanted)}`;
  throw new ShapeError(
    op,
    `${shapes} do not fit`,
    probabilities
      ? `give ${indices}, or ${input.dtype} class probabilities ${formatShape(input.shape)}`
      : `give ${indices}`,
  );
}

/** True for class indices, false for class probabilities; an error for what is neither. */
export function isIndices(op: string, input: Tensor, target: Tensor, axis: number, probabilities: boolean): boolean {
  requireTensor(op, "target", target);
  const wanted = input.shape.filter((_, i) => i !== axis);
  if (probabilities && isFloat(target.dtype) && sameShape(target.shape, input.shape)) {
    requireSameDType(op, input, "target", target);
    return false;
  }
  if (!sameShape(target.shape, wanted)) refuseShape(op, input, target, wanted, probabilities);
  requireIndices(op, "class indices", target);
  return true;
}

export interface CountedTargets {
  /** Which targets count: bool, in the shape of the targets. */
  readonly kept: Tensor;
  /** The targets, 0 where they do not count. */
  readonly classes: Tensor;
  /** The weight of each target, 0 where it does not count. */
  readonly weights: Tensor;
}

export interface ClassTargets extends CountedTargets {
  /** True at each target's class: bool, in the shape of the input. */
  readonly chosen: Tensor;
}

/** @throws ArgumentError for a class that does not exist, where the backend looks at indices */
export function countedTargets(
  op: string,
  input: Tensor,
  target: Tensor,
  axis: number,
  options: ClassOptions,
): CountedTargets {
  const { weight, ignoreIndex = -100 } = options;
  if (!Number.isInteger(ignoreIndex))
    throw new ArgumentError(op, `ignoreIndex ${describeValue(ignoreIndex)}`, "use an integer");
  const { dtype, backend } = input;
  const count = input.shape[axis];
  const mask = maskOf(op, options, target.shape);
  const counted = notEqual(target, ignoreIndex);
  const kept = mask === null ? counted : logicalAnd(counted, mask);
  const classes = where(kept, target, 0);
  const weightOf = (perClass: Tensor): Tensor => where(kept, pickRows(op, "class", perClass, classes), 0);
  const weights =
    weight || backend.capabilities.checksIndices
      ? weightOf(weight ?? ones([count], { dtype, backend }))
      : cast(kept, dtype);
  return { kept, classes, weights };
}

/** @throws ArgumentError for a class that does not exist, where the backend looks at indices */
export function classTargets(
  op: string,
  input: Tensor,
  target: Tensor,
  axis: number,
  options: ClassOptions,
): ClassTargets {
  const targets = countedTargets(op, input, target, axis, options);
  const range = arange(0, input.shape[axis], 1, { dtype: "int32", backend: input.backend });
  const each = alongClasses(range, input, axis);
  return { ...targets, chosen: equal(unsqueeze(targets.classes, axis), each) };
}

/** Losses (weighted already) reduced as PyTorch does for class indices: a mean divides by the sum of the targets' weights. */
export function reduceClasses(losses: Tensor, { kept, weights }: CountedTargets, options: LossOptions): Tensor {
  const counted = where(kept, losses, 0);
  if (options.reduction === "none") return counted;
  const total = sum(counted);
  if (options.reduction === "sum") return total;
  const weight = sum(weights);
  return div(total, options.mask === undefined ? weight : where(equal(weight, 0), 1, weight));
}

/** -weight * input at each target's class. */
export function negativeLikelihood(logProbabilities: Tensor, { chosen, weights }: ClassTargets, axis: number): Tensor {
  return mul(sum(where(chosen, logProbabilities, 0), axis), weights).neg();
}
