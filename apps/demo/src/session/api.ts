import type { SeriesView, TextView } from "../tasks/task.js";
import type { ExportFacts } from "../out/facts.js";
import type { OnnxCheck, OnnxChoice } from "../out/files.js";
import type { Look, Want } from "./look.js";
import type { DemoState, Settings } from "./settings.js";

/** What the page must know of an opened task to draw it. */
export interface Opened {
  readonly parameterCount: number;
  readonly updatesPerEpoch: number;
  readonly outputSize: number;
  readonly examples: readonly string[];
  readonly series: SeriesView | null;
  readonly text: TextView | null;
  /** The engine in words, such as "WebAssembly SIMD, 1 thread". */
  readonly engine: string;
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
  /** The settings in force, live changes included. */
  settings(): Promise<Settings>;
  /** Changes a live setting or a weight; training goes on from where it is. */
  setEngine(engine: string): Promise<Opened>;
  setLive(key: "lr" | "schedule" | "clipGradNorm" | "optimizer" | "batchSize", value: string | number): Promise<void>;
  setWeight(name: string, index: number, value: number): Promise<void>;
  /** What generated code needs to know, with the outputs of one example. */
  exportFacts(example: number): Promise<ExportFacts>;
  exportSafetensors(): Promise<Uint8Array>;
  exportOnnx(choice: OnnxChoice): Promise<Uint8Array>;
  /** Exports, runs the file in ONNX Runtime, and compares. */
  checkOnnx(choice: OnnxChoice): Promise<OnnxCheck>;
}
