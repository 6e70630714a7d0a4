import { transposed } from "../arrays.js";
import type { RecurrentWeights } from "../works/work.js";

/** Parameters of a layer as the loops want them: [input, gates * hidden] and [hidden, gates * hidden]. */
export interface PlainParameters {
  readonly w: Float32Array;
  readonly u: Float32Array;
  readonly biasIh: Float32Array;
  readonly biasHh: Float32Array;
}

export interface PlainLayer {
  readonly parameters: PlainParameters;
  /** x [time, batch, input] to the hidden states [time + 1, batch, hidden], zeros first. */
  forward(x: Float32Array, time: number, batch: number): Float32Array;
  /** From gradients of the outputs [time, batch, hidden] to those of the parameters, in their order. */
  backward(gradient: Float32Array): readonly Float32Array[];
}

export function plainParameters(
  weights: RecurrentWeights,
  gates: number,
  input: number,
  hidden: number,
): PlainParameters {
  return {
    w: transposed(weights.weightIh, gates * hidden, input),
    u: transposed(weights.weightHh, gates * hidden, hidden),
    biasIh: weights.biasIh.slice(),
    biasHh: weights.biasHh.slice(),
  };
}
