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
  /** Where it computes, and how, for a beginner. */
  readonly summary: string;
  /** Megabytes that choosing it loads, compressed; 0 when it is there from the start. */
  readonly megabytes: number;
  /** Whether it gives the same numbers to the bit wherever it runs, and is always there: links are followed on it. */
  readonly replays: boolean;
  /** Loads what it needs. Raises with words for the page when this browser lacks something. */
  open(): Promise<OpenEngine>;
}

/** An engine cannot be had here. The message is for the page. */
export class EngineUnavailableError extends Error {
  override readonly name = "EngineUnavailableError";
}

/** Runs a part of opening an engine; a failure becomes a sentence of what is missing, and the browser's reason goes to its console. */
export async function orSay<R>(words: string, job: () => R | Promise<R>): Promise<R> {
  try {
    return await job();
  } catch (cause) {
    if (cause instanceof EngineUnavailableError) throw cause;
    console.warn(`${words}:`, cause);
    throw new EngineUnavailableError(words, { cause });
  }
}

export const notLoaded = (what: string): string =>
  `The files of ${what} could not be loaded; check the internet connection, then choose it again`;
