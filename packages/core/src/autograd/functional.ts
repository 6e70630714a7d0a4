import { ArgumentError, formatShape, isFloat, ShapeError, sameShape } from "@unrolled/backend";
import { isRecording, noGrad } from "../engine.js";
import type { Tensor } from "../tensor.js";
import { type GradOptions, grad } from "./backpropagate.js";
import { TapeNode } from "./tape.js";

/** Aliases that are leaves of their own, so that the caller's tape stays out of it. */
function leavesOf(inputs: readonly Tensor[]): Tensor[] {
  return inputs.map((input) => input.detach().requireGrad(isFloat(input.dtype)));
}

/**
 * Value and gradients of a scalar function of tensors.
 *
 * @example
 * const step = valueAndGrad((w: Tensor) => w.mul(w).sum());
 * const { value, grads: [dw] } = step(tensor([1, 2]));
 */
export function valueAndGrad<A extends readonly Tensor[]>(
  fn: (...inputs: A) => Tensor,
): (...inputs: A) => { value: Tensor; grads: Tensor[] } {
  return (...inputs) => {
    const leaves = leavesOf(inputs);
    const value = fn(...(leaves as unknown as A));
    return { value: value.detach(), grads: grad(value, leaves, { allowUnused: true }) };
  };
}

/**
 * A function's value, and the map from a cotangent of it to cotangents of the inputs (vector-Jacobian product).
 *
 * @example
 * const { value, pullback } = vjp((x: Tensor) => x.tanh(), [x]);
 * const [dx] = pullback(onesLike(value));
 */
export function vjp<A extends readonly Tensor[]>(
  fn: (...inputs: A) => Tensor,
  inputs: A,
): { value: Tensor; pullback: (cotangent: Tensor) => Tensor[] } {
  const leaves = leavesOf(inputs);
  const output = fn(...(leaves as unknown as A));
  const options: GradOptions = { allowUnused: true, retainGraph: true };
  return {
    value: output.detach(),
    pullback: (cotangent) => grad(output, leaves, { ...options, cotangents: [cotangent] }),
  };
}

/** What a function with a gradient of its own returns. */
export interface CustomGradResult {
  readonly value: Tensor;
  /** Tensors that the gradient reads. `backward` raises if one was changed in place since. Default none. */
  readonly saved?: readonly Tensor[];
  /** From the cotangent of `value` and the saved tensors to a gradient of each input, `null` for zero. */
  gradient(cotangent: Tensor, saved: readonly Tensor[]): readonly (Tensor | null)[];
}

/**
 * A function whose gradient you write yourself. Write the gradient in tensor ops, and gradients of higher orders work too.
 *
 * @example
 * const straightThrough = customGrad((x: Tensor) => ({ value: x.sign(), gradient: (g) => [g] }));
 * const cube = customGrad((x: Tensor) => ({
 *   value: x.mul(x).mul(x),
 *   saved: [x],
 *   gradient: (g, [x]) => [g.mul(x.square()).mul(3)],
 * }));
 */
export function customGrad<A extends readonly Tensor[]>(
  fn: (...inputs: A) => CustomGradResult,
): (...inputs: A) => Tensor {
  return (...inputs) => {
    const { value, saved = [], gradient } = noGrad(() => fn(...inputs));
    const result = inputs.includes(value) || value.requiresGrad ? value.detach() : value;
    if (!isRecording(inputs)) return result;
    const node = new TapeNode("customGrad", {}, inputs, ([g], self) => {
      const found =
        g === null || g === undefined ? inputs.map(() => null) : gradient(g, self.savedInputs as readonly Tensor[]);
      if (found.length !== inputs.length) {
        throw new ArgumentError(
          "customGrad",
          `the gradient gave ${found.length} results for ${inputs.length} inputs`,
          "return one per input, null for zero",
        );
      }
      found.forEach((d, i) => {
        if (d !== null && !sameShape(d.shape, inputs[i].shape)) {
          throw new ShapeError(
            "customGrad",
            `gradient ${i} is ${formatShape(d.shape)}, its input ${formatShape(inputs[i].shape)}`,
            "return the input's own shape",
          );
        }
      });
      return found;
    });
    node.saveInputs(saved);
    node.produce(result, 0);
    return result;
  };
}
