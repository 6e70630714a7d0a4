import type { Settings, UserSeries } from "../session/settings.js";

/** A number of the task's own that the user may set. */
export interface TaskOption {
  readonly key: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
}

/** Numbers that a tutorial printed, to stand beside what was got. */
export interface ListingRow {
  readonly label: string;
  readonly printed: number;
  /** Digits that it printed after the point; absent: all that there are. */
  readonly decimals?: number;
  /** Its own number out of what is known so far; null while it is not there yet. */
  readonly got: (facts: ListingFacts) => number | null;
}

export interface ListingFacts {
  /** Sum of the losses of epoch e. */
  readonly epochLosses: ArrayLike<number>;
  /** Test loss at the end of epoch e; NaN where it was not measured. */
  readonly epochTestLosses: ArrayLike<number>;
  /** What the model says after the known values of `TaskRun.continuation`; null where there is none. */
  readonly continuation: ArrayLike<number> | null;
}

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly group: "Tutorials" | "Series" | "Memory" | "Text" | "Your own";
  /** One or two sentences for a beginner. */
  readonly summary: string;
  readonly defaults: Omit<Settings, "task" | "taskOptions" | "seed" | "engine">;
  readonly options: readonly TaskOption[];
  /** Settings without meaning here, which the form leaves out. */
  readonly unused: readonly (keyof Settings)[];
  /** What a run with the defaults reaches: a loss below `loss` within `updates`. */
  readonly goal: { readonly of: "test" | "train"; readonly loss: number; readonly updates: number };
  readonly listing?: readonly ListingRow[];
  /** The weights that the tutorial printed, by their names here, for a model of its default shape. */
  readonly printedWeights?: Readonly<Record<string, readonly number[]>>;
  /** Whether it learns a series of the user's own. */
  readonly takesSeries?: boolean;
  open(settings: Settings, series: UserSeries | null): TaskRun | Promise<TaskRun>;
}

/** What the network is made of besides its cell. */
export interface ModelShape {
  /** Features, or number of tokens when `embeddingDim` is given. */
  readonly inputSize: number;
  readonly outputSize: number;
  /** Give tokens through an embedding of so many features. */
  readonly embeddingDim?: number;
  readonly bias: boolean;
  /** A Linear on top, or the last hidden unit as it is. */
  readonly readout: "linear" | "lastUnit";
  /** PyTorch's uniform start, or normal with these standard deviations. */
  readonly initial: "pytorch" | { readonly recurrentStd: number; readonly readoutStd: number };
}

export type Objective = "mse" | "halfSquaredError" | "crossEntropy" | "binaryCrossEntropy";

/** Sequences side by side, time along the second axis. */
export interface Batch {
  readonly size: number;
  readonly steps: number;
  /** [size, steps, inputSize], or tokens [size, steps]. */
  readonly x: Float32Array | Int32Array;
  /** [size, outputSize] or [size, steps, outputSize], by `target`; classes without the last axis. */
  readonly y: Float32Array | Int32Array;
  /** Valid steps of each sequence. */
  readonly lengths: Int32Array | null;
}

/** A sequence to look at. */
export interface Example {
  readonly label: string;
  /** [steps, inputSize], or tokens [steps]. */
  readonly x: Float32Array | Int32Array;
  readonly steps: number;
  /** What each step is called on screen, such as its time or its character. */
  readonly stepLabels: readonly string[];
  /** What should be said after the last step: [outputSize], or a class. */
  readonly answer: Float32Array | Int32Array;
}

/** A series to forecast, for the picture of prediction against truth. In the user's own units. */
export interface SeriesView {
  readonly values: Float32Array | Float64Array;
  /** Number or date of each value. */
  readonly labels: readonly string[];
  readonly unit: string;
  /** Where the part begins that training never sees. */
  readonly testFrom: number;
  /** The network sees (value - shift) / scale. */
  readonly shift: number;
  readonly scale: number;
  /** Windows with a state of zeros for each prediction, or one walk that carries its state. */
  readonly walk: "windows" | "carried";
}

/** Letters and what stands for them. */
export interface TextView {
  /** By token; padding and the boundary have a sign that is no letter. */
  readonly characters: readonly string[];
  /** Letters after which a made-up text is broken off. */
  readonly longest: number;
  /** The token before the first letter and after the last. */
  readonly boundary: number;
  readonly padding: number;
}

/** TypeScript that makes the same batches in a program of its own. */
export interface BatchSource {
  /** Import lines besides those of "unrolled". */
  readonly imports: readonly string[];
  /**
   * Declares `function batch(update: number): { x: Tensor; y: Tensor; lengths?: Tensor }`, with what it needs. It may read the
   * variable `batchSize`, and `Generator`, `tensor`, `Tensor` and the names of "unrolled".
   */
  readonly code: string;
}

/** A task with its data at hand. Batches are numbered: the same number is the same batch, whatever came before. */
export interface TaskRun {
  readonly shape: ModelShape;
  readonly objective: Objective;
  /** Whether the last step alone has a target, or every step. */
  readonly target: "last" | "every";
  /** Whether update u + 1 begins with the state that update u ended in (but for the first of an epoch). */
  readonly carriesState: boolean;
  readonly updatesPerEpoch: number;
  batch(update: number): Batch;
  readonly test: Batch | null;
  readonly examples: number;
  example(index: number): Example;
  readonly series: SeriesView | null;
  readonly text: TextView | null;
  /** What each number of a step is, where there are several. */
  readonly inputNames?: readonly string[];
  /** Whether a text is among those of the task. */
  isKnown?(text: string): boolean;
  /** Known values from which the model continues by itself, beside a listing that did so. */
  readonly continuation?: { readonly known: Float32Array; readonly count: number };
  /** The same batches as source code. */
  source(): BatchSource;
}
