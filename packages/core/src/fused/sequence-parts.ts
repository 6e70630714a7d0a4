import { sizeOf } from "@unrolled/backend";
import { create } from "../engine.js";
import { add, less, where } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { reshape, stack } from "../ops/movement.js";
import { sum } from "../ops/reductions.js";
import { unbind } from "../ops/splitting.js";
import type { Tensor } from "../tensor.js";

/** Time indices in the order of processing. */
export function timeOrder(steps: number, reverse: boolean): number[] {
  return Array.from({ length: steps }, (_, k) => (reverse ? steps - 1 - k : k));
}

/** x W_ih^T + b_ih for all time steps in one product: T tensors [B, G H]. */
export function projectInputs(x: Tensor, wIh: Tensor, bias: Tensor | null): Tensor[] {
  const [T, B, I] = x.shape;
  const product = matmul(reshape(x, [T * B, I]), wIh, { transB: true });
  return unbind(reshape(bias ? add(product, bias) : product, [T, B, wIh.shape[0]]), 0);
}

/** For each time step, which sequences are still running, as bool [B, 1]; null where all are always. */
export function runningMasks(steps: number, lengths: Tensor | null): Tensor[] | null {
  if (lengths === null) return null;
  const column = reshape(lengths, [lengths.shape[0], 1]);
  return Array.from({ length: steps }, (_, t) => {
    const now = create("fill", lengths.backend, { shape: [], value: t, dtype: "int32" });
    return less(now, column);
  });
}

/** The sum of two gradients, either of which may be absent. */
export function plus(a: Tensor | null, b: Tensor | null): Tensor | null {
  return a === null ? b : b === null ? a : add(a, b);
}

/** `x` where running, else 0. */
export function onlyRunning(mask: Tensor | null, x: Tensor): Tensor {
  return mask === null ? x : where(mask, x, 0);
}

/** `x` where ended, else 0; null where nothing ends. */
export function onlyEnded(mask: Tensor | null, x: Tensor): Tensor | null {
  return mask === null ? null : where(mask, 0, x);
}

/** Gradients of what the input product read, from the gates' gradients at all time steps. */
export function inputGradients(
  gates: readonly Tensor[],
  x: Tensor,
  wIh: Tensor,
  wanted: { readonly x: boolean; readonly weight: boolean; readonly bias: boolean },
): { x: Tensor | null; weight: Tensor | null; bias: Tensor | null } {
  const [T, B, I] = x.shape;
  const flat = flatten(gates);
  return {
    x: wanted.x ? reshape(matmul(flat, wIh), x.shape) : null,
    weight: wanted.weight ? matmul(flat, reshape(x, [T * B, I]), { transA: true }) : null,
    bias: wanted.bias ? sum(flat, 0) : null,
  };
}

/** Gradient of a weight that multiplies a state at each time step: one product over all of them. */
export function stateWeightGradient(results: readonly Tensor[], states: readonly Tensor[]): Tensor {
  return matmul(flatten(results), flatten(states), { transA: true });
}

/** Gradient of a recurrent bias. */
export function biasGradient(gates: readonly Tensor[]): Tensor {
  return sum(flatten(gates), 0);
}

/** T tensors [B, C] as one [T B, C]. */
function flatten(parts: readonly Tensor[]): Tensor {
  const joined = stack(parts, 0);
  const columns = joined.shape[2];
  return reshape(joined, [sizeOf(joined.shape.slice(0, 2)), columns]);
}
