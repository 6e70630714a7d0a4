import { formatShape, ShapeError } from "@unrolled/backend";
import { full, less, stack, type Tensor, unbind, where, zerosLike } from "@unrolled/core";
import type { Cell, CellResult, SequenceOptions } from "./cell.js";

/**
 * Runs a cell over a sequence, x [T, B, I] -> output [T, B, O] and the last state, by its own `sequence` where it has one.
 *
 * @param state where to begin; the cell's zero state when left out
 * @throws ShapeError if x is not 3-d or has no time steps
 * @example
 * const { output, state } = scan(lstmCell(weights), x, undefined, { reverse: true });
 */
export function scan<S extends readonly Tensor[]>(
  cell: Cell<S>,
  x: Tensor,
  state: S | undefined = undefined,
  options: SequenceOptions = {},
): CellResult<S> {
  if (x.shape.length !== 3 || x.shape[0] === 0) {
    throw new ShapeError(
      "scan",
      `x is ${formatShape(x.shape)}`,
      "give [time steps, batch, features] with at least one time step",
    );
  }
  const start = state ?? cell.zeroState(x.shape[1], x);
  return cell.sequence ? cell.sequence(x, start, options) : stepThrough(cell, x, start, options);
}

/** The scan step by step: what `sequence` must agree with. */
export function stepThrough<S extends readonly Tensor[]>(
  cell: Cell<S>,
  x: Tensor,
  start: S,
  { reverse = false, lengths = null }: SequenceOptions,
): CellResult<S> {
  const steps = unbind(cell.project ? cell.project(x) : x, 0);
  const outputs = new Array<Tensor>(steps.length);
  const ends = lengths?.unsqueeze(1);
  let state = start;
  for (let k = 0; k < steps.length; k++) {
    const t = reverse ? steps.length - 1 - k : k;
    const next = cell.step(steps[t], state);
    if (ends === undefined) {
      outputs[t] = next.output;
      state = next.state;
      continue;
    }
    const running = less(full([], t, { dtype: "int32", backend: ends.backend }), ends);
    outputs[t] = where(running, next.output, zerosLike(next.output));
    const before = state;
    state = next.state.map((now, i) => where(running, now, before[i])) as unknown as S;
  }
  return { output: stack(outputs, 0), state };
}
