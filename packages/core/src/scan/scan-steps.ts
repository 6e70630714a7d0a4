import { ArgumentError, formatShape, requireKnownOptions, ShapeError, sameShape } from "@unrolled/backend";
import { tracerOf } from "../graph/tracing-mark.js";
import type { Tensor } from "../tensor.js";
import { loopOver, type ScanFunction, type ScanStep } from "./loop-over.js";

/** Options of `scanSteps`. */
export interface ScanStepsOptions {
  /** From the last step to the first; results stand where their slices stood. Default false. */
  readonly reverse?: boolean;
}

/**
 * A loop over the first dimension of some sequences [T, ...], carrying states from step to step. In a traced function it is one
 * node for any T (ONNX's Scan), and so is its gradient; elsewhere it is a loop.
 *
 * @param step called once a step; in a traced function once in all, and once more for the gradient, so that it must do the same
 *   at every step
 * @returns the last states, and each result stacked to [T, ...]
 * @throws ShapeError if the sequences differ in length or are empty, or a state changes its shape
 * @throws GraphError in a traced function, if a step changes a tensor from outside in place, or a gradient of second order is asked
 *   for
 * @see https://onnx.ai/onnx/operators/onnx__Scan.html
 * @example
 * const { results: [sums] } = scanSteps([x], [zeros([3])], ([row], [sum]) => {
 *   const next = sum.add(row);
 *   return { states: [next], results: [next] };
 * });
 */
export function scanSteps(
  sequences: readonly Tensor[],
  states: readonly Tensor[],
  step: ScanFunction,
  options: ScanStepsOptions = {},
): ScanStep {
  requireKnownOptions("scanSteps", options, ["reverse"]);
  const { reverse = false } = options;
  requireSteps(sequences);
  const [{ backend }] = sequences;
  const once = checked(step, states);
  const tracer = tracerOf(backend);
  return tracer ? tracer.scan(sequences, states, once, reverse) : loopOver(sequences, states, once, reverse);
}

function requireSteps(sequences: readonly Tensor[]): void {
  if (sequences.length === 0)
    throw new ArgumentError("scanSteps", "got no sequences", "give at least one, whose first dimension is time");
  const steps = sequences[0].shape[0];
  if (steps === undefined || steps === 0 || sequences.some(({ shape }) => shape[0] !== steps)) {
    throw new ShapeError(
      "scanSteps",
      `the sequences are ${sequences.map(({ shape }) => formatShape(shape)).join(", ")}`,
      "give them the same first dimension, of one step or more",
    );
  }
}

/** The step, with its states checked against those at the start. */
function checked(step: ScanFunction, start: readonly Tensor[]): ScanFunction {
  return (slices, states) => {
    const next = step(slices, states);
    const fits =
      next.states.length === start.length &&
      next.states.every(({ shape, dtype }, i) => dtype === start[i].dtype && sameShape(shape, start[i].shape));
    if (fits) return next;
    const say = (list: readonly Tensor[]): string => list.map((t) => `${t.dtype} ${formatShape(t.shape)}`).join(", ");
    throw new ShapeError(
      "scanSteps",
      `the states were ${say(start)} and became ${say(next.states)}`,
      "return as many states, each with the shape and dtype that it had",
    );
  };
}
