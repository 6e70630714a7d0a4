import type { NamedWeights } from "../session/look.js";
import type { Change, Settings } from "../session/settings.js";
import type { BatchSource, ModelShape, Objective } from "../tasks/task.js";

/** All that code needs to say to make the model on screen again. */
export interface ExportFacts {
  readonly title: string;
  /** The settings at the start; what was changed on the way stands in `changes`. */
  readonly settings: Settings;
  readonly changes: readonly Change[];
  readonly update: number;
  /** Updates over which a schedule runs. */
  readonly horizon: number;
  readonly layerClass: string;
  readonly torchClass: string | null;
  /** Hidden state alone, or with a cell state. */
  readonly stateParts: number;
  readonly shape: ModelShape;
  readonly objective: Objective;
  readonly target: "last" | "every";
  readonly carriesState: boolean;
  readonly updatesPerEpoch: number;
  readonly padding: number | null;
  readonly source: BatchSource;
  /** The network reads and gives (value - shift) / scale; null: the values themselves. */
  readonly scaling: { readonly shift: number; readonly scale: number } | null;
  readonly weights: readonly NamedWeights[];
  readonly example: {
    readonly label: string;
    readonly steps: number;
    readonly tokens: boolean;
    /** [steps, inputSize], or tokens [steps]. */
    readonly x: readonly number[];
    /** Whether `output` has every step: where every step has a target, or the state is carried from one to the next. */
    readonly everyStep: boolean;
    /** [steps, outputSize] or [outputSize] */
    readonly output: readonly number[];
  };
}
