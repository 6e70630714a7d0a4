import type { Backend, Runner } from "@unrolled/backend";

export interface OpenEngine {
  readonly backend: Backend;
  /** Runs whole training steps as one graph; null: op by op. */
  readonly runner: Runner | null;
  /** What it turned out to be, such as "WebAssembly SIMD, 1 thread". */
  readonly words: string;
  dispose(): Promise<void>;
}

/** Something that can train. One entry in the registry makes it appear in the form. */
export interface EngineKind {
  readonly id: string;
  readonly label: string;
  /** Megabytes that choosing it loads, gzipped; 0 when it is there from the start. */
  readonly megabytes: number;
  /** Loads what it needs. Raises with words for the page when this browser lacks something. */
  open(): Promise<OpenEngine>;
}
