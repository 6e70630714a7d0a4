/** What is common to all works. Works are plain data: any language can be handed one as JSON. */
interface Common {
  readonly name: string;
  readonly title: string;
  /** What the printed figure counts, such as "ms a step". */
  readonly unit: string;
  /** The figure is `scale` x seconds of a call, or `scale` / seconds where more is better. */
  readonly scale: number;
  readonly rate: boolean;
  /** Calls before the timed ones. */
  readonly warmCalls: number;
  /** What the first calls give, by the hand-written peer; PyTorch gives the same. */
  readonly expected: readonly number[];
  /** The largest difference that counts as agreement, relative to the expected value. */
  readonly tolerance: number;
}

/** An Elman network fed back by hand, one update after each point. A call: `epochs` passes. Gives the last pass' loss. */
export interface ElmanWork extends Common {
  readonly kind: "elman";
  readonly hiddenSize: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** [1 + hidden, hidden] and [hidden, 1]. */
  readonly w1: Float32Array;
  readonly w2: Float32Array;
}

/** Weights as PyTorch has them: [gates * hidden, input], [gates * hidden, hidden], and two biases. */
export interface RecurrentWeights {
  readonly weightIh: Float32Array;
  readonly weightHh: Float32Array;
  readonly biasIh: Float32Array;
  readonly biasHh: Float32Array;
}

/** A tanh RNN on sub-sequences of a sine; SGD on the last unit's guess at the next value. A call: `updates` updates, the first call `firstUpdates`. Gives their mean loss. */
export interface SubsequencesWork extends Common {
  readonly kind: "subsequences";
  readonly hiddenSize: number;
  readonly learningRate: number;
  readonly updates: number;
  readonly firstUpdates: number;
  readonly series: Float32Array;
  readonly weights: RecurrentWeights;
  /** Where each sub-sequence starts, and its length; from the first again when all are used. */
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
}

export interface Batch {
  readonly size: number;
  /** [batch, time, input] */
  readonly x: Float32Array;
  /** [batch, 1] with a head, else [batch, time, hidden]. */
  readonly y: Float32Array;
}

/** Training steps of one layer with Adam on the mean squared error. A call: `epochs` over the batches. Gives the sum of the losses of each epoch. */
export interface TrainingWork extends Common {
  readonly kind: "training";
  readonly cell: "LSTM" | "GRU";
  readonly time: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly weights: RecurrentWeights;
  /** A linear layer on the last output; null where the loss is on all outputs. */
  readonly head: { readonly weight: Float32Array; readonly bias: Float32Array } | null;
  readonly batches: readonly Batch[];
  /** What is measured: the time of a call, or how far calls raise the peak of resident memory, in bytes instead of seconds. */
  readonly measure: "time" | "memory";
}

/** A GRU (reset after the product) over a batch. A call: one run. Gives the sum of the last state. */
export interface InferenceWork extends Common {
  readonly kind: "inference";
  readonly batch: number;
  readonly time: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly weights: RecurrentWeights;
  /** [time, batch, input] */
  readonly x: Float32Array;
}

/** A square matrix product. A call: one product. Gives its elements [0, 1] and [size - 1, 2]. */
export interface ProductWork extends Common {
  readonly kind: "product";
  readonly size: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** Sums of two [1, 6] tensors. A call: `count` of them; with `gradient`, each summed and differentiated with respect to the first. Gives the sum of the result's elements. */
export interface AdditionWork extends Common {
  readonly kind: "addition";
  readonly count: number;
  readonly gradient: boolean;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

export type Work = ElmanWork | SubsequencesWork | TrainingWork | InferenceWork | ProductWork | AdditionWork;
export type Kind = Work["kind"];
export type WorkOf<K extends Kind> = Extract<Work, { readonly kind: K }>;
