import type { TypedArray } from "@unrolled/backend";
import type { Value } from "../bind/value.js";
import type { Address, Code } from "../encode/code.js";
import type { KernelName, Library } from "./library.js";

/** What emitters write into: the code of a function, and where values lie. */
export interface Emission {
  readonly code: Code;
  /** Functions that may be called. */
  readonly library: Library;
  address(value: Value): Address;
  /** The address of constant words. */
  place(words: Int32Array): number;
  /** Emits a call of JavaScript. */
  callHost(run: () => void): void;
  /**
   * Emits a call of a kernel. All of its arguments are known now, `thread, threads` left out.
   *
   * @param work multiply-adds, or what takes as long: much of it is shared with other threads
   */
  callKernel(name: KernelName, args: readonly number[], work: number): void;
  /** A value's elements when `run` above is called. */
  view(value: Value): () => TypedArray;
}
