import { stack } from "../ops/movement.js";
import { unbind } from "../ops/splitting.js";
import type { Tensor } from "../tensor.js";

/** What one step gives. */
export interface ScanStep {
  /** The states for the next step, each with the shape and dtype that it had. */
  readonly states: readonly Tensor[];
  /** What is stacked over the steps. */
  readonly results: readonly Tensor[];
}

/** One step: a slice of each sequence, and the states. */
export type ScanFunction = (slices: readonly Tensor[], states: readonly Tensor[]) => ScanStep;

/** A scan as a loop over its steps. */
export function loopOver(
  sequences: readonly Tensor[],
  states: readonly Tensor[],
  step: ScanFunction,
  reverse: boolean,
): ScanStep {
  const steps = sequences[0].shape[0];
  const slices = sequences.map((sequence) => unbind(sequence, 0));
  const results: Tensor[][] = [];
  let now = states;
  for (let k = 0; k < steps; k++) {
    const t = reverse ? steps - 1 - k : k;
    const next = step(
      slices.map((list) => list[t]),
      now,
    );
    now = next.states;
    next.results.forEach((result, i) => {
      if (k === 0) results.push(new Array<Tensor>(steps));
      results[i][t] = result;
    });
  }
  return { states: now, results: results.map((list) => stack(list, 0)) };
}
