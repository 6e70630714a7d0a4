import type { Attrs, In, Op, Out, SizedAttrs } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "./builder.js";
import type { Result } from "./operand.js";
import type { Sized } from "./sizes.js";

/** One node to lower. */
export interface LowerCall<K extends Op> {
  readonly attrs: Attrs<K>;
  /** The attributes that depend on named sizes. */
  readonly sized: SizedAttrs;
  readonly in: In<K, Operand>;
  /** What the op table infers; for a result that nothing wants, `sizes` are those of the example. */
  readonly out: Out<K, Sized>;
  /** Whether anything reads each output. */
  readonly wanted: readonly boolean[];
}

/** Emits ONNX nodes and returns the op's outputs; `null` for those not wanted. */
export type Lowering<K extends Op> = (b: ModelBuilder, call: LowerCall<K>) => readonly (Result | null)[];

export type Lowerings = { readonly [K in Op]: Lowering<K> };

/** Raised inside a lowering where ONNX, or every ONNX Runtime, cannot say what the op means. Collected over all nodes. */
export class CannotLower extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string) {
    super(reason);
    this.remedy = remedy;
  }
}
