import type { TypedArray } from "@unrolled/backend";
import type { Sized } from "./sizes.js";

/** A tensor as a lowering sees it. Reading `name` of a constant, or of what is made on demand, puts it into the file. */
export interface Operand extends Sized, Origin {
  readonly name: string;
  /** The elements, where they are known at export. */
  readonly constant: TypedArray | null;
  /** What a constant is called, such as its name in a state dict. */
  readonly title: string | null;
}

/** What a tensor is a part of, so that parts that are joined again need no nodes. */
export interface Origin {
  /** The value of all elements. */
  readonly fill?: number | undefined;
  readonly rows?: Rows | undefined;
  readonly direction?: Direction | undefined;
}

/** `of[start : start + count]` along the first axis; without `kept`, one row whose axis is dropped. */
export interface Rows {
  readonly of: Operand;
  readonly start: number;
  readonly count: number;
  readonly kept: boolean;
}

/** `of[:, index]`: one direction's outputs out of [T, 2, B, H]. */
export interface Direction {
  readonly of: Operand;
  readonly index: 0 | 1;
}

/** A result whose nodes are made where something first reads it. */
export interface Deferred extends Origin {
  make(): string;
}

/** What a lowering gives for an output: a name, nodes to come, or an operand that is the same tensor. */
export type Result = string | Deferred | Operand;
