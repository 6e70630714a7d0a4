import type { Products, UnitByHand } from "../cells/by-hand.js";
import type { Activation } from "../cells/cell-kind.js";
import type { Quantity } from "../cells/walk.js";
import type { Objective } from "../tasks/task.js";
import type { EpochLength } from "./epochs.js";

/** What a panel wants to see. Only what is asked for is computed. */
export interface Want {
  readonly weights?: boolean;
  /** Of the part of the series from `from` to before `to`; all of it when they are left out. */
  readonly prediction?: { readonly start: number; readonly from?: number; readonly to?: number };
  readonly trace?: { readonly example: number };
  /** One step with every number, for the panel that shows it. */
  readonly byHand?: ByHandWant;
  /** The same for a single cell of a heat map. */
  readonly explain?: ByHandWant;
  readonly gradientNorms?: { readonly example: number };
  readonly saliency?: { readonly example: number; readonly step: number; readonly output: number };
  /** Texts made up with the random numbers of `draw`. */
  readonly samples?: { readonly count: number; readonly temperature: number; readonly draw: number };
  /** What the model says after the known values of the task's listing. */
  readonly continuation?: boolean;
  /** Predicted and true answers of test sequences, where there is no series. */
  readonly answers?: boolean;
  /** What the model expects after each token of an example. */
  readonly nextTokens?: { readonly example: number };
  /** The loss of the model as it stands, changes by hand included. */
  readonly lossNow?: boolean;
}

/** A root mean squared error in the units of the series. */
export interface PredictionError {
  readonly of: "training" | "test" | "free";
  readonly rmse: number;
  /** Values that were compared, evenly spread over `among`. */
  readonly count: number;
  readonly among: number;
}

/** Answers after the last step, in the order of the test sequences. */
export interface Answers {
  readonly objective: Objective;
  /** Probabilities where the answer is yes or no. */
  readonly predicted: Float32Array;
  readonly truth: Float32Array;
}

/** Shares of all tokens after each step. */
export interface NextTokens {
  readonly example: number;
  readonly steps: number;
  readonly classes: number;
  readonly stepLabels: readonly string[];
  /** [steps, classes] */
  readonly shares: Float32Array;
  /** What came next in truth. */
  readonly truth: Int32Array;
}

export interface GradientNorms {
  readonly example: number;
  readonly layers: number;
  readonly steps: number;
  readonly stepLabels: readonly string[];
  /** [layers, steps], norm of d loss / d h_t; the loss is that of the answer after the last step. */
  readonly values: Float32Array;
  /** The same for d loss / d c_t; null where the cell has no cell state. */
  readonly cellState: Float32Array | null;
  readonly loss: number;
  /** Over how many steps an update of this task sends its gradient back; null: over all. */
  readonly learnsOver: number | null;
}

export interface Saliency {
  readonly example: number;
  readonly step: number;
  readonly output: number;
  readonly outputSize: number;
  readonly steps: number;
  readonly inputSize: number;
  readonly stepLabels: readonly string[];
  /** d output / d input, [steps, inputSize]; for tokens, with respect to their embeddings. */
  readonly values: Float32Array;
  /** The output itself, in the network's own scale. */
  readonly value: number;
  readonly objective: Objective;
}

export interface LossNow {
  readonly of: "test" | "training";
  readonly loss: number;
}

export interface NamedWeights {
  /** PyTorch's name, such as recurrent.weight_ih_l0. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface Prediction {
  /** For each value of the series, what was predicted from the true values before it; NaN where there are too few. */
  readonly teacherForced: Float64Array;
  /** From `start` on, each predicted from the predictions before it; NaN before. */
  readonly freeRunning: Float64Array;
  readonly start: number;
  /** Only every so manieth value was predicted from true ones, since there are many. */
  readonly every: number;
  /** Where the free run was broken off. */
  readonly freeTo: number;
  readonly errors: readonly PredictionError[];
}

/** All from 0. */
export interface ByHandWant {
  readonly example: number;
  readonly layer: number;
  readonly step: number;
  /** Whose products are wanted; null: of no unit. */
  readonly unit: number | "all" | null;
  /** Which output of the readout; −1: the likeliest class. */
  readonly output: number;
}

export interface NamedNumbers {
  readonly symbol: string;
  readonly values: Float64Array;
}

/** A gate of all units, each part [hiddenSize]. */
export interface PartsOfGate extends NamedNumbers {
  readonly label: string;
  readonly formula: string;
  readonly activation: Activation;
  /** The gate that `fromState` is multiplied with before it is added; null: none. */
  readonly stateFactor: string | null;
  /** x W_ih^T + b_ih */
  readonly fromInput: Float64Array;
  /** h W_hh^T + b_hh */
  readonly fromState: Float64Array;
  readonly sum: Float64Array;
}

/** From the hidden state to an output. */
export interface ReadoutByHand {
  readonly output: number;
  readonly outputSize: number;
  readonly objective: Objective;
  /** Row of head.weight and the hidden state; null: the output is the last hidden unit as it is. */
  readonly products: Products | null;
  readonly bias: number | null;
  readonly value: number;
  /** All outputs as the library's own layers give them, in float32. */
  readonly network: Float64Array;
}

/** One time step of one layer, in doubles. */
export interface StepByHand {
  readonly example: number;
  readonly exampleLabel: string;
  readonly layer: number;
  readonly step: number;
  readonly steps: number;
  readonly stepLabel: string;
  readonly cell: string;
  readonly hiddenSize: number;
  /** What is read, where the task is one of tokens. */
  readonly token: number | null;
  readonly x: Float64Array;
  /** The states before, zeros in the first step. */
  readonly before: readonly NamedNumbers[];
  readonly gates: readonly PartsOfGate[];
  readonly lines: readonly (NamedNumbers & { readonly label: string; readonly formula: string })[];
  /** In full, of the units that were asked for. */
  readonly units: readonly UnitByHand[];
  /** Null below the last layer. */
  readonly readout: ReadoutByHand | null;
}

/** Everything that one walk over an example computes. */
export interface Trace {
  readonly example: number;
  readonly steps: number;
  readonly stepLabels: readonly string[];
  readonly hiddenSize: number;
  /** [steps, inputSize] as the first layer reads it: for tokens, their embeddings. */
  readonly input: Float32Array;
  readonly inputSize: number;
  /** [steps] where the task is one of tokens. */
  readonly tokens: Int32Array | null;
  /** Layer by layer. */
  readonly layers: readonly (readonly Quantity[])[];
  /** [steps, outputSize] */
  readonly output: Float32Array;
  readonly outputSize: number;
  /** Says what the outputs are: values, or logits of classes. */
  readonly objective: Objective;
}

/** A text that the model made up. */
export interface TextSample {
  readonly text: string;
  /** Whether it is among the task's own. */
  readonly known: boolean;
}

/** A curve thinned out to a size that can be drawn. */
export interface LossCurve {
  /** Updates done. */
  readonly update: Float64Array;
  readonly train: Float64Array;
  /** NaN where nothing was measured. */
  readonly test: Float64Array;
}

export interface Progress {
  readonly update: number;
  /** Whole epochs done. */
  readonly epoch: number;
  /** How many updates made an epoch, and from which update on; the last is now. */
  readonly epochs: readonly EpochLength[];
  readonly playing: boolean;
  /** Mean of the last losses; NaN before the first update. */
  readonly trainLoss: number;
  readonly testLoss: number | null;
  readonly lr: number;
  readonly updatesPerSecond: number | null;
  readonly curve: LossCurve;
  /** Sum of the losses of each of the first 20,000 whole epochs. */
  readonly epochLosses: Float64Array;
  /** Test loss at the end of each of them; NaN where it was not measured. */
  readonly epochTestLosses: Float64Array;
  /** Why training stopped by itself, in plain words. */
  readonly stopped: string | null;
  /** What trains, by its id. */
  readonly engine: string;
  /** What happened by itself on the way, such as an engine that failed, in plain words. */
  readonly notice: string | null;
}

export interface Look {
  readonly progress: Progress;
  readonly weights?: readonly NamedWeights[];
  readonly prediction?: Prediction | null;
  readonly trace?: Trace;
  readonly byHand?: StepByHand;
  readonly explain?: StepByHand;
  /** [layers, steps] */
  readonly gradientNorms?: GradientNorms;
  readonly saliency?: Saliency;
  readonly answers?: Answers | null;
  readonly nextTokens?: NextTokens | null;
  readonly lossNow?: LossNow | null;
  readonly samples?: readonly TextSample[];
  readonly continuation?: Float32Array | null;
}
