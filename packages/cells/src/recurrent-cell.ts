import type { Tensor } from "@unrolled/core";
import { Module } from "@unrolled/nn";
import type { Cell, CellResult } from "./cell.js";
import { requireResult, zeroStateOf } from "./cell-contract.js";

/** One step of x [B, I] that was not projected yet. */
export function stepRow<S extends readonly Tensor[], C>(
  cell: Cell<S, C>,
  x: Tensor,
  state: S,
  context: C,
): CellResult<S> {
  const row = cell.project ? cell.project(x.unsqueeze(0)).squeeze(0) : x;
  return requireResult("step", cell.step(row, state, context));
}

/** One step of x [B, I], with everything that a sequence of one step would do. */
export function stepOnce<S extends readonly Tensor[], C>(cell: Cell<S, C>, x: Tensor, state?: S | null): CellResult<S> {
  const batch = x.shape[0];
  return stepRow(cell, x, state ?? zeroStateOf(cell, batch, x), cell.sequenceContext?.(batch, x) as C);
}

/**
 * A cell with parameters of its own: extend it, and the result works in `scan`, `Recurrent`, `unroll`.
 *
 * @example
 * class Leaky extends RecurrentCell<readonly [h: Tensor]> {
 *   w: Parameter;
 *   constructor(inputSize: number, size: number) {
 *     super();
 *     this.w = init.xavierUniform_(new Parameter(zeros([inputSize, size])));
 *   }
 *   zeroState(batch: number): readonly [Tensor] {
 *     return [zeros([batch, this.w.shape[1]])];
 *   }
 *   step(x: Tensor, [h]: readonly [Tensor]): CellResult<readonly [Tensor]> {
 *     const next = h.mul(0.9).add(x.matmul(this.w)).tanh();
 *     return { output: next, state: [next] };
 *   }
 * }
 * const layer = new Recurrent(3, 8, (inputSize) => new Leaky(inputSize, 8), { numLayers: 2 });
 */
export abstract class RecurrentCell<S extends readonly Tensor[], C = void> extends Module implements Cell<S, C> {
  abstract zeroState(batch: number, like: Tensor): S;
  project?(x: Tensor): Tensor;
  sequenceContext?(batch: number, like: Tensor): C;
  abstract step(x: Tensor, state: S, context: C): CellResult<S>;

  /** One step of a sequence of its own: x [B, I], the state (zeros when left out) -> output [B, O] and the next state. */
  override forward(x: Tensor, state?: S | null): CellResult<S> {
    return stepOnce(this, x, state);
  }
}
