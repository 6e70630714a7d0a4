import type { Attrs, In, Meta, Op, Out } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "./builder.js";

/** One node to lower. */
export interface LowerCall<K extends Op> {
  readonly attrs: Attrs<K>;
  readonly in: In<K, Operand>;
  /** What the op table infers. */
  readonly out: Out<K, Meta>;
  /** Whether anything reads each output. */
  readonly wanted: readonly boolean[];
}

/** Emits ONNX nodes and returns the names of the op's outputs; `null` for those not wanted. */
export type Lowering<K extends Op> = (b: ModelBuilder, call: LowerCall<K>) => readonly (string | null)[];

export type Lowerings = { readonly [K in Op]: Lowering<K> };

/** Raised inside a lowering where ONNX, or every ONNX Runtime, cannot say what the op means. Collected over all nodes. */
export class CannotLower extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string) {
    super(reason);
    this.remedy = remedy;
  }
}
