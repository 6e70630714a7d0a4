import type { Backend } from "@unrolled/backend";
import type { GRU, LSTM, RNN } from "@unrolled/cells";
import type { Generator } from "@unrolled/core";

export type RecurrentLayers = RNN | LSTM | GRU;

export interface LayerOptions {
  readonly numLayers: number;
  readonly bias: boolean;
  readonly generator: Generator;
  readonly backend: Backend;
}

/** One layer's numbers under PyTorch's names without their ending: weight_ih [G H, I], weight_hh [G H, H], biases [G H]. */
export interface LayerWeights {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly weightIh: Float32Array;
  readonly weightHh: Float32Array;
  readonly biasIh: Float32Array | null;
  readonly biasHh: Float32Array | null;
}

/** Something that the cell computes in each time step: a gate, a candidate, a state. */
export interface Quantity {
  /** As in the formulas: "h", "c", "i", "f", "g", "o", "r", "z", "n". */
  readonly symbol: string;
  readonly label: string;
  readonly formula: string;
  /** Smallest and largest value that it can have; null: no limit. */
  readonly range: readonly [low: number, high: number] | null;
  /** [steps, hiddenSize] */
  readonly values: Float64Array;
}

/** A product of a weight and what it is multiplied with, as written on paper. */
export interface Term {
  readonly weight: number;
  readonly factor: number;
  /** Such as "h₂" or "x₁". */
  readonly name: string;
}

/** What happens inside of one gate for one unit. */
export interface GateByHand {
  readonly symbol: string;
  readonly label: string;
  readonly inputTerms: readonly Term[];
  readonly biasIh: number | null;
  readonly stateTerms: readonly Term[];
  readonly biasHh: number | null;
  /** A gate that acts on the recurrent sum before it is added, as r does in a GRU; null elsewhere. */
  readonly recurrentFactor: Term | null;
  readonly sum: number;
  readonly activation: "tanh" | "sigmoid";
  readonly value: number;
}

/** One unit of one time step, gate by gate, and then the lines that make the new state of the gates. */
export interface UnitByHand {
  readonly unit: number;
  readonly gates: readonly GateByHand[];
  /** Such as c' = f · c + i · g, with numbers put in. */
  readonly lines: readonly { readonly formula: string; readonly numbers: string; readonly value: number }[];
}

/** A kind of cell. One entry in the registry makes it appear in the form, the heat maps and the steps by hand. */
export interface CellKind {
  readonly id: string;
  readonly label: string;
  /** Hidden state alone, or with a cell state besides. */
  readonly stateNames: readonly string[];
  /** Gates in the order of their rows in the weights. */
  readonly gates: readonly { readonly symbol: string; readonly label: string }[];
  create(inputSize: number, hiddenSize: number, options: LayerOptions): RecurrentLayers;
  /** All quantities of a walk over x [steps, inputSize] from states of zeros, in doubles. */
  trace(weights: LayerWeights, x: ArrayLike<number>, steps: number): readonly Quantity[];
  /** One unit of one step. `state` has the parts of `stateNames`, each [hiddenSize]. */
  byHand(weights: LayerWeights, x: ArrayLike<number>, state: readonly ArrayLike<number>[], unit: number): UnitByHand;
}
