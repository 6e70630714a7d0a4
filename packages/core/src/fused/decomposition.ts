import type { Attrs, FusedOp, In, Out, Wanted } from "@unrolled/backend";
import type { Tensor } from "../tensor.js";

/** What a decomposed forward pass keeps for its backward pass, by name, one tensor a time step. */
export type DecomposedReserve = Readonly<Record<string, readonly Tensor[]>>;

/**
 * A fused op in primitives. `forward` can itself be recorded (gradients of a higher order go through it); `backward` is
 * written by hand, so that each weight gradient is one product over all time steps.
 */
export interface Decomposition<K extends FusedOp> {
  forward(inputs: In<K, Tensor>, attrs: Attrs<K>): { out: Out<K, Tensor>; reserve: DecomposedReserve };
  backward(
    cotangents: readonly (Tensor | null)[],
    inputs: In<K, Tensor>,
    outputs: readonly Tensor[],
    reserve: DecomposedReserve,
    attrs: Attrs<K>,
    wanted: Wanted<K>,
  ): readonly (Tensor | null)[];
}
