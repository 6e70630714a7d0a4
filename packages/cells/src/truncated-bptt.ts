import { ArgumentError, formatShape, requireKnownOptions, ShapeError } from "@unrolled/backend";
import { keep, type Tensor } from "@unrolled/core";
import { requireCounts } from "./parameters.js";

/** What a recurrent layer takes and gives as its state: one tensor, or a list of them. */
export type RecurrentState = Tensor | readonly Tensor[];

function eachPart<S extends RecurrentState>(state: S, fn: (part: Tensor) => Tensor): S {
  return (Array.isArray(state) ? state.map(fn) : fn(state as Tensor)) as S;
}

/** The same state, cut off from the past: gradients stop here. */
export function detachState<S extends RecurrentState>(state: S): S {
  return eachPart(state, (part) => part.detach());
}

export interface TruncatedBpttOptions<S extends RecurrentState> {
  /** Time steps of a chunk, and so how far gradients go back. The last chunk may be shorter. */
  readonly chunkLength: number;
  /**
   * Does one update from a loss: it runs the function, and returns the loss.
   * `(loss) => optimizer.step(loss, { clipGradNorm: 1 })` is all it takes.
   */
  readonly update: (loss: () => Tensor) => Tensor;
  /** The axis of time in every tensor: 0, or 1 for batchFirst. Default 0. */
  readonly timeAxis?: number;
  /** Where to begin; undefined, so zeros in a layer, when left out. */
  readonly state?: S;
}

/**
 * Truncated backpropagation through time (Williams and Peng, 1990): one update for each chunk of a long sequence. The state
 * goes on from chunk to chunk, gradients do not.
 *
 * @param tensors what is cut into chunks along time, such as inputs and targets
 * @param chunk from the parts of one chunk and the state (undefined at first) to a scalar loss and the next state
 * @returns the loss of each chunk, and the last state, detached, to go on with
 * @throws ShapeError if tensors have unlike numbers of time steps, or none
 * @example
 * const { losses, state } = truncatedBptt(
 *   [x, target],
 *   { chunkLength: 20, update: (loss) => optimizer.step(loss) },
 *   ([x, target], state: Tensor | undefined) => {
 *     const [y, h] = rnn.forward(x, state);
 *     return { loss: mseLoss(head.forward(y), target), state: h };
 *   },
 * );
 */
export function truncatedBptt<S extends RecurrentState>(
  tensors: readonly Tensor[],
  options: TruncatedBpttOptions<S>,
  chunk: (parts: readonly Tensor[], state: S | undefined) => { readonly loss: Tensor; readonly state: S },
): { losses: Tensor[]; state: S } {
  requireKnownOptions("truncatedBptt", options, ["chunkLength", "update", "timeAxis", "state"]);
  const { chunkLength, update, timeAxis = 0, state: first } = options;
  requireCounts("truncatedBptt", { chunkLength });
  const steps = commonSteps(tensors, timeAxis);
  const losses: Tensor[] = [];
  let state = first;
  for (let start = 0; start < steps; start += chunkLength) {
    const length = Math.min(chunkLength, steps - start);
    let kept: S | undefined;
    losses.push(
      update(() => {
        const parts = tensors.map((x) => x.narrow(timeAxis, start, length));
        const result = chunk(parts, state);
        kept = eachPart(result.state, (part) => keep(part.detach()));
        return result.loss;
      }),
    );
    if (kept === undefined)
      throw new ArgumentError("truncatedBptt", "update did not run the loss", "call the function that it is given");
    if (state !== undefined && state !== first) eachPart(state, disposed);
    state = detachState(kept);
    eachPart(kept, disposed);
  }
  return { losses, state: state as S };
}

function disposed(part: Tensor): Tensor {
  part.dispose();
  return part;
}

function commonSteps(tensors: readonly Tensor[], timeAxis: number): number {
  const sizes = tensors.map(({ shape }) => shape[timeAxis]);
  if (sizes.length === 0 || !(sizes[0] > 0) || sizes.some((size) => size !== sizes[0])) {
    throw new ShapeError(
      "truncatedBptt",
      `${tensors.map(({ shape }) => formatShape(shape)).join(" and ") || "no tensors"} along axis ${timeAxis}`,
      "give tensors with equal, positive numbers of time steps there",
    );
  }
  return sizes[0];
}
