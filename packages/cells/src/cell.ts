import type { Tensor } from "@unrolled/core";

/** How a sequence is walked. */
export interface SequenceOptions {
  /** From the last time step to the first. Default false. */
  readonly reverse?: boolean;
  /** Valid steps of each sequence, int32 [B], 0 to T. Past them the state is carried and the output is 0. */
  readonly lengths?: Tensor | null;
}

/** What a cell gives for a whole sequence: outputs [T, B, O] and the state after the last step. */
export interface CellResult<S extends readonly Tensor[]> {
  /** [B, output size] for a step, [T, B, output size] for a sequence. */
  readonly output: Tensor;
  readonly state: S;
}

/**
 * One step of recurrence. `scan` turns it into a sequence, forward or backward in time, with lengths; `Recurrent` into a layer.
 *
 * A user's own cell needs `zeroState` and `step`. `project` and `sequence` make it faster; `sequenceContext` is for what is
 * drawn once a sequence, such as the mask of variational dropout.
 *
 * @typeParam S the state: a tuple of tensors [B, size], whose sizes may differ
 * @typeParam C what `sequenceContext` returns; void without one
 * @example
 * const leaky: Cell<readonly [Tensor]> = {
 *   zeroState: (batch, like) => [zeros([batch, 8], { dtype: like.dtype, backend: like.backend })],
 *   step: (x, [h]) => {
 *     const next = h.mul(0.9).add(x.matmul(w));
 *     return { output: next, state: [next] };
 *   },
 * };
 */
export interface Cell<S extends readonly Tensor[], C = void> {
  /** The state before the first step: tensors [B, size] with the dtype and backend of `like`. */
  zeroState(batch: number, like: Tensor): S;
  /** What of the input can be computed for all time steps at once: [T, B, I] -> [T, B, P]; `step` then gets rows of it. */
  project?(x: Tensor): Tensor;
  /** What every step of one sequence shares, made once before the first; with the dtype and backend of `like`. */
  sequenceContext?(batch: number, like: Tensor): C;
  /** One time step: x [B, I] (or [B, P]) and the state -> output [B, O] and the next state. */
  step(x: Tensor, state: S, context: C): CellResult<S>;
  /** The whole sequence at once, with the same numbers as stepping. */
  sequence?(x: Tensor, state: S, options: SequenceOptions): CellResult<S>;
}
