import type { LayerClass } from "./layers.js";

/** One layer's numbers under PyTorch's names without their ending: weight_ih [G H, I], weight_hh [G H, H], biases [G H]. */
export interface LayerWeights {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly weightIh: Float32Array;
  readonly weightHh: Float32Array;
  readonly biasIh: Float32Array | null;
  readonly biasHh: Float32Array | null;
}

export type Activation = "tanh" | "sigmoid";

/** A number that the cell computes for each unit in each step: a gate, a candidate, a state. */
interface Computed {
  /** As in the formulas: "h", "c", "i", "f", "g", "o", "r", "z", "n". */
  readonly symbol: string;
  readonly label: string;
  /** For a beginner: what the number says. */
  readonly meaning: string;
}

/** activation(x W_ih^T + b_ih + h W_hh^T + b_hh), from the rows of the weights that belong to this gate. */
export interface GateKind extends Computed {
  readonly activation: Activation;
  /** Another gate that the whole part of h is multiplied with before it is added, as r in a GRU. */
  readonly stateFactor?: string;
}

/** One number per unit: gates and states by their symbols; a state after the step has a prime, such as "c'". */
export type UnitValues = Readonly<Record<string, number>>;

/** Something made of gates and states of the same unit. */
export interface LineKind extends Computed {
  /** With {symbol} for numbers, * for products and tanh( ): "{f} * {c} + {i} * {g}". */
  readonly expression: string;
  /** The same, computed. */
  value(values: UnitValues): number;
  /** Smallest and largest value that it can have; null: no limit. */
  readonly range: readonly [low: number, high: number] | null;
}

/** A kind of cell. One entry in the registry makes it appear in the form, the heat maps and the steps by hand. */
export interface CellKind {
  readonly id: string;
  readonly label: string;
  /** The layer's class in this library, for code that is handed out. */
  readonly layerClass: LayerClass;
  /** Its class in torch.nn, with the same options and weights; null where PyTorch has none. */
  readonly torchClass: string | null;
  /** Hidden state alone, or with a cell state besides. A gate or a line of the same symbol makes the new one. */
  readonly stateNames: readonly string[];
  /** In the order of their rows in the weights, and of the computation. */
  readonly gates: readonly GateKind[];
  /** What follows from the gates, in the order of the computation. */
  readonly lines: readonly LineKind[];
}
