import type { Quantity } from "../cells/cell-kind.js";

/** What a panel wants to see. Only what is asked for is computed. */
export interface Want {
  readonly weights?: boolean;
  readonly prediction?: { readonly start: number };
  readonly trace?: { readonly example: number };
  readonly gradientNorms?: { readonly example: number };
  readonly saliency?: { readonly example: number; readonly step: number; readonly output: number };
  readonly samples?: { readonly count: number; readonly temperature: number };
}

export interface NamedWeights {
  /** PyTorch's name, such as recurrent.weight_ih_l0. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface Prediction {
  /** For each value of the series, what was predicted from the true values before it; NaN where there are too few. */
  readonly teacherForced: Float32Array;
  /** From `start` on, each predicted from the predictions before it; NaN before. */
  readonly freeRunning: Float32Array;
  readonly start: number;
}

/** Everything that one walk over an example computes. */
export interface Trace {
  readonly steps: number;
  readonly stepLabels: readonly string[];
  readonly hiddenSize: number;
  /** [steps, inputSize] as the first layer reads it: for tokens, their embeddings. */
  readonly input: Float32Array;
  readonly inputSize: number;
  /** Layer by layer. */
  readonly layers: readonly (readonly Quantity[])[];
  /** [steps, outputSize] */
  readonly output: Float32Array;
  readonly outputSize: number;
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
  readonly epoch: number;
  readonly playing: boolean;
  /** Mean of the last losses; NaN before the first update. */
  readonly trainLoss: number;
  readonly testLoss: number | null;
  readonly lr: number;
  readonly updatesPerSecond: number | null;
  readonly curve: LossCurve;
  /** Sum of the losses of each whole epoch. */
  readonly epochLosses: Float64Array;
  /** Why training stopped by itself, in plain words. */
  readonly stopped: string | null;
}

export interface Look {
  readonly progress: Progress;
  readonly weights?: readonly NamedWeights[];
  readonly prediction?: Prediction | null;
  readonly trace?: Trace;
  /** [layers, steps] */
  readonly gradientNorms?: { readonly layers: number; readonly steps: number; readonly values: Float32Array };
  /** Gradient of one output to each input, [steps, inputSize]. */
  readonly saliency?: { readonly steps: number; readonly inputSize: number; readonly values: Float32Array };
  readonly samples?: readonly string[];
}
