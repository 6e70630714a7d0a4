import { ArgumentError, formatShape, requireKnownOptions, ShapeError } from "@unrolled/backend";
import { describeValue, keep, type Tensor } from "@unrolled/core";
import { requireTensor } from "./checks.js";
import { requireCounts } from "./parameters.js";

/** What a recurrent layer takes and gives as its state: one tensor, or a list of them. */
export type RecurrentState = Tensor | readonly Tensor[];

function eachPart<S extends RecurrentState>(state: S, fn: (part: Tensor) => Tensor): S {
  return (Array.isArray(state) ? state.map(fn) : fn(state as Tensor)) as S;
}

/**
 * The same state, cut off from the past: gradients stop here. For a loop over batches that carries the state from one
 * training step to the next.
 *
 * @param state a tensor (RNN, GRU), or a list of tensors (LSTM)
 * @throws ArgumentError for anything else
 * @example
 * const [y, next] = lstm.forward(x, state);
 * const start = detachState(next); // for the next chunk
 */
export function detachState<S extends RecurrentState>(state: S): S {
  requireRecurrentState(
    "detachState",
    state,
    "give what a layer returned as its state; at first there is none to detach",
  );
  return eachPart(state, (part) => part.detach());
}

/** Options of `truncatedBptt`. */
export interface TruncatedBpttOptions<S extends RecurrentState> {
  /** Time steps of a chunk, and so how far gradients go back. The last chunk may be shorter. */
  readonly chunkLength: number;
  /**
   * Does one update: it gets a function that computes the chunk's loss, calls it once, and returns the loss.
   * `(computeLoss) => optimizer.step(computeLoss, { clipGradNorm: 1 })` is all it takes; by hand,
   * `(computeLoss) => { const loss = computeLoss(); optimizer.zeroGrad(); loss.backward(); optimizer.step(); return loss; }`.
   */
  readonly update: (computeLoss: () => Tensor) => Tensor;
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
 * @throws ArgumentError if `chunk` returns no { loss, state }, or `update` does not call what it gets or returns no loss
 * @example
 * const { losses, state } = truncatedBptt(
 *   [x, target],
 *   { chunkLength: 20, update: (computeLoss) => optimizer.step(computeLoss) },
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
  requireFunction("update", update, "(computeLoss) => optimizer.step(computeLoss)");
  requireFunction("the third argument", chunk, "([x, target], state) => ({ loss, state })");
  const steps = commonSteps(tensors, timeAxis);
  const losses: Tensor[] = [];
  let state = first;
  for (let start = 0; start < steps; start += chunkLength) {
    const length = Math.min(chunkLength, steps - start);
    let kept: S | undefined;
    const computeLoss = (): Tensor => {
      const parts = tensors.map((x) => x.narrow(timeAxis, start, length));
      const result = chunk(parts, state);
      requireChunkResult(result);
      kept = eachPart(result.state, (part) => keep(part.detach()));
      return result.loss;
    };
    const loss = update(refuseAsLoss(computeLoss));
    if (kept === undefined)
      throw new ArgumentError("truncatedBptt", "update did not call computeLoss", `use ${plainUpdate}`);
    requireTensor("truncatedBptt", "what update returned", loss, `return the loss: ${plainUpdate}`);
    losses.push(loss);
    if (state !== undefined && state !== first) eachPart(state, disposed);
    state = detachState(kept);
    eachPart(kept, disposed);
  }
  return { losses, state: state as S };
}

const plainUpdate = "update: (computeLoss) => optimizer.step(computeLoss)";

/** The function with a word for those who take it for the loss. */
function refuseAsLoss(computeLoss: () => Tensor): () => Tensor {
  const refuse = (): never => {
    throw new ArgumentError(
      "truncatedBptt",
      "update gets a function that computes the loss, not the loss",
      `call it: const loss = computeLoss(); or use ${plainUpdate}`,
    );
  };
  for (const member of ["backward", "item"]) Object.defineProperty(computeLoss, member, { get: refuse });
  return computeLoss;
}

function requireFunction(name: string, value: unknown, example: string): void {
  if (typeof value !== "function")
    throw new ArgumentError("truncatedBptt", `${name} is ${describeValue(value)}`, `give a function: ${example}`);
}

function requireRecurrentState(op: string, state: unknown, remedy: string): void {
  if (!Array.isArray(state)) requireTensor(op, "the state", state, remedy);
  else for (const [i, part] of state.entries()) requireTensor(op, `state[${i}]`, part, remedy);
}

function requireChunkResult(result: unknown): void {
  const remedy = "return { loss, state }, with the state that the layer returned";
  if (typeof result !== "object" || result === null || !("loss" in result && "state" in result))
    throw new ArgumentError("truncatedBptt", `the chunk's function returned ${describeValue(result)}`, remedy);
  requireTensor("truncatedBptt", "the chunk's loss", result.loss, remedy);
  requireRecurrentState("truncatedBptt", result.state, remedy);
}

function disposed(part: Tensor): Tensor {
  part.dispose();
  return part;
}

function commonSteps(tensors: readonly Tensor[], timeAxis: number): number {
  if (!Array.isArray(tensors))
    throw new ArgumentError(
      "truncatedBptt",
      `the first argument is ${describeValue(tensors)}`,
      "give a list of tensors: [x, target]",
    );
  for (const [i, x] of tensors.entries()) requireTensor("truncatedBptt", `tensors[${i}]`, x, "give a tensor");
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
