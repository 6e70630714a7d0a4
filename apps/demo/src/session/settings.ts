export type OptimizerId = "sgd" | "momentum" | "rmsprop" | "adam" | "adamw";
export type ScheduleId = "constant" | "step" | "exponential" | "cosine";

/** All that decides what is trained, and how. Together with the updates done it decides every number on screen. */
export interface Settings {
  readonly task: string;
  /** The task's own numbers, such as the period of a sine. */
  readonly taskOptions: Readonly<Record<string, number>>;
  readonly cell: string;
  readonly hiddenSize: number;
  readonly numLayers: number;
  /** Time steps in a training sequence. */
  readonly windowLength: number;
  /** Sequences in one batch differ in length; the model is told by `lengths`. */
  readonly variedLengths: boolean;
  readonly batchSize: number;
  readonly optimizer: OptimizerId;
  readonly lr: number;
  readonly schedule: ScheduleId;
  /** Largest total norm of the gradients; 0: no limit. */
  readonly clipGradNorm: number;
  readonly seed: number;
  readonly engine: string;
}

/** Settings that may change in the middle of training; any other starts anew. */
export const liveSettings = ["lr", "schedule", "clipGradNorm", "optimizer", "batchSize", "engine"] as const;
export type LiveSetting = (typeof liveSettings)[number];

/** What was changed by hand before update number `update`. */
export type Change =
  | {
      readonly kind: "setting";
      readonly update: number;
      readonly key: Exclude<LiveSetting, "engine">;
      readonly value: string | number;
    }
  | {
      readonly kind: "weight";
      readonly update: number;
      readonly name: string;
      readonly index: number;
      readonly value: number;
    };

/** A series of the user's own, drawn or read from a file. */
export interface UserSeries {
  readonly name: string;
  /** Float64 where float32 would lose what the series tells. */
  readonly values: Float32Array | Float64Array;
}

/** Enough to come to the same numbers again: settings at the start, what was changed on the way, and how far it went. */
export interface DemoState {
  readonly settings: Settings;
  readonly changes: readonly Change[];
  readonly update: number;
  readonly series: UserSeries | null;
}
