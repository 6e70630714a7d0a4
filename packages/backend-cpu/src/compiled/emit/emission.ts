import type { TypedArray } from "@unrolled/backend";
import type { Value } from "../bind/value.js";
import type { Address, Code } from "../encode/code.js";
import type { Library } from "./library.js";

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
  /** A value's elements when `run` above is called. */
  view(value: Value): () => TypedArray;
}
