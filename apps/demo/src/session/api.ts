import type { ExportFacts } from "../out/facts.js";
import type { OnnxCheck, OnnxChoice } from "../out/files.js";
import type { Objective, SeriesView, TextView } from "../tasks/task.js";
import type { Look, Want } from "./look.js";
import type { DemoState, Settings } from "./settings.js";

/** What the page must know of an opened task to draw it. */
export interface Opened {
  readonly parameterCount: number;
  readonly outputSize: number;
  readonly examples: readonly string[];
  readonly series: SeriesView | null;
  readonly text: TextView | null;
  readonly objective: Objective;
  /** Whether there is data that training never sees. */
  readonly tested: boolean;
  /** So many updates a schedule of the rate takes. */
  readonly horizon: number;
  /** What each number of a step is; empty where they have no names. */
  readonly inputNames: readonly string[];
  /** The engine in words, such as "WebAssembly SIMD, 1 thread". */
  readonly engine: string;
  /** Where the model before this one was left, for the way back; null: there was none. */
  readonly left: DemoState | null;
  /** What the state asked for and could not be had, and what stands in its place, as sentences for the page. */
  readonly problems: readonly string[];
}

/** The training that runs in the worker. Calls are answered in their order. */
export interface SessionApi {
  /** Builds the model and trains it to `state.update`. A later `open` overtakes an earlier one, which then raises. */
  open(state: DemoState, onProgress: (update: number) => void): Promise<Opened>;
  /** Goes on until `pause`, or to an update. */
  play(until?: number): Promise<void>;
  pause(): Promise<void>;
  /** So many updates, then stops. */
  step(updates: number): Promise<void>;
  look(want: Want): Promise<Look>;
  /** The settings and changes up to here, for links. */
  state(): Promise<DemoState>;
  /** The same, remembered with all that was trained: opening it soon again needs no replay. */
  bookmark(): Promise<DemoState>;
  /** The settings in force, live changes included. */
  settings(): Promise<Settings>;
  /** Goes on with another engine. Raises with words for the page, and all stays as it is, where it cannot be had. */
  setEngine(engine: string): Promise<Opened>;
  /** Changes a live setting or a weight; training goes on from where it is. */
  setLive(key: "lr" | "schedule" | "clipGradNorm" | "optimizer" | "batchSize", value: string | number): Promise<void>;
  setWeight(name: string, index: number, value: number): Promise<void>;
  /** What generated code needs to know, with the outputs of one example. */
  exportFacts(example: number): Promise<ExportFacts>;
  exportSafetensors(): Promise<Uint8Array>;
  exportOnnx(choice: OnnxChoice): Promise<Uint8Array>;
  /** Exports, runs the file in ONNX Runtime, and compares. */
  checkOnnx(choice: OnnxChoice): Promise<OnnxCheck>;
}
