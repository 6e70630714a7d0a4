import { formatShape, requireKnownOptions, ShapeError, sameShape } from "@unrolled/backend";
import { less, ones, scanSteps, type Tensor, where, zerosLike } from "@unrolled/core";
import type { Cell, CellResult, SequenceOptions } from "./cell.js";
import { requireResult, requireState, zeroStateOf } from "./cell-contract.js";
import { refuseOptionsAsState, requireTensor } from "./checks.js";
import { type Lengths, lengthsTensor } from "./lengths.js";

/** Options of `scan`. */
export interface ScanOptions {
  /** From the last time step to the first. Default false. */
  readonly reverse?: boolean;
  /** Valid steps of each sequence, 0 to T, a list or an int32 tensor [B]. Past them the state is carried and the output is 0. */
  readonly lengths?: Lengths | null;
}

/**
 * Runs a cell over a sequence, x [T, B, I] -> output [T, B, O] and the last state, by its own `sequence` where it has one.
 *
 * @param state where to begin; the cell's zero state when left out
 * @throws ShapeError if x is not 3-d or has no time steps, or if a step's output or state has a wrong shape
 * @throws ArgumentError for lengths out of range
 * @example
 * const { output, state } = scan(lstmCell(weights), x, undefined, { reverse: true });
 */
export function scan<S extends readonly Tensor[], C>(
  cell: Cell<S, C>,
  x: Tensor,
  state: S | null | undefined = undefined,
  options: ScanOptions = {},
): CellResult<S> {
  requireKnownOptions("scan", options, ["reverse", "lengths"]);
  requireTensor("scan", "x", x);
  refuseOptionsAsState("scan", state, "options come fourth: scan(cell, x, undefined, { lengths })");
  if (state !== undefined && state !== null) requireState("scan", state);
  if (x.shape.length !== 3 || x.shape[0] === 0) {
    throw new ShapeError(
      "scan",
      `x is ${formatShape(x.shape)}`,
      "give [time steps, batch, features] with at least one time step",
    );
  }
  const lengths = lengthsTensor("scan", options.lengths, x.shape[0], x.shape[1], x);
  return walk(cell, x, state, { reverse: options.reverse ?? false, lengths });
}

/** `scan` without its checks. */
export function walk<S extends readonly Tensor[], C>(
  cell: Cell<S, C>,
  x: Tensor,
  state: S | null | undefined,
  options: SequenceOptions,
): CellResult<S> {
  const start = state ?? zeroStateOf(cell, x.shape[1], x);
  return cell.sequence
    ? requireResult("sequence", cell.sequence(x, start, options))
    : stepThrough(cell, x, start, options);
}

/**
 * The scan step by step: what `sequence` must agree with. x is [T, B, I], the output [T, B, O].
 *
 * @example
 * const cell = new GRUCell(3, 4);
 * const { output } = stepThrough(cell, zeros([5, 2, 3]), [zeros([2, 4])]); // [5, 2, 4]
 */
export function stepThrough<S extends readonly Tensor[], C>(
  cell: Cell<S, C>,
  x: Tensor,
  start: S,
  options: SequenceOptions = {},
): CellResult<S> {
  requireKnownOptions("stepThrough", options, ["reverse", "lengths"]);
  const { reverse = false, lengths = null } = options;
  const [time, batch] = x.shape;
  const context = cell.sequenceContext?.(batch, x) as C;
  const ends = lengths?.unsqueeze(1);
  const inputs = cell.project ? cell.project(x) : x;
  const sequences = ends === undefined ? [inputs] : [inputs, stepNumbers(time, ends)];
  let checked = false;
  const { states, results } = scanSteps(
    sequences,
    start,
    ([row, t], states) => {
      const before = states as unknown as S;
      const next = requireResult("step", cell.step(row, before, context));
      if (!checked) checkStep(next, start, batch);
      checked = true;
      if (ends === undefined) return { states: next.state, results: [next.output] };
      const running = less(t, ends);
      return {
        states: next.state.map((now, i) => maskedBy(running, now, before[i])),
        results: [maskedBy(running, next.output, zerosLike(next.output))],
      };
    },
    { reverse },
  );
  return { output: results[0], state: states as unknown as S };
}

/** 0, 1, ..., T - 1 as int32 [T], by ops, so that a trace takes it for any T. */
function stepNumbers(time: number, { backend }: Tensor): Tensor {
  return ones([time], { dtype: "int32", backend }).cumsum(0).sub(1);
}

/** `now` where a sequence runs, else `before`; `running` is [B, 1]. */
function maskedBy(running: Tensor, now: Tensor, before: Tensor): Tensor {
  const extra = now.shape.length - running.shape.length;
  return where(
    extra > 0 ? running.reshape([...running.shape, ...new Array<number>(extra).fill(1)]) : running,
    now,
    before,
  );
}

function checkStep({ output, state }: CellResult<readonly Tensor[]>, start: readonly Tensor[], batch: number): void {
  if (output.shape.length < 2 || output.shape[0] !== batch) {
    throw new ShapeError(
      "step",
      `the cell's output is ${formatShape(output.shape)} for a batch of ${batch}`,
      `return [${batch}, features]`,
    );
  }
  const shapes = (parts: readonly Tensor[]): string => parts.map(({ shape }) => formatShape(shape)).join(", ");
  if (state.length !== start.length || state.some((part, i) => !sameShape(part.shape, start[i].shape))) {
    throw new ShapeError(
      "step",
      `the cell was given the state ${shapes(start)} and returned ${shapes(state)}`,
      "return as many tensors, each with the shape that it had",
    );
  }
}
