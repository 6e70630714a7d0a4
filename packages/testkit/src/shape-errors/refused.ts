import type { ArgumentError, Attrs, DTypeError, In, Meta, Op, Shape, ShapeError } from "@unrolled/backend";

/** A call that the op table must refuse, and how. */
export interface ShapeErrorCase<K extends Op = Op> {
  readonly op: K;
  readonly name: string;
  readonly metas: In<K, Meta>;
  readonly attrs: Attrs<K>;
  readonly error: typeof ShapeError | typeof DTypeError | typeof ArgumentError;
}

/** A refusal whose op is the key it stands under. */
export type Refused<K extends Op> = Omit<ShapeErrorCase<K>, "op">;

export type Refusals<K extends Op> = { readonly [P in K]: readonly Refused<P>[] };

export const f32 = (...shape: Shape): Meta => ({ shape, dtype: "float32" });
export const f64 = (...shape: Shape): Meta => ({ shape, dtype: "float64" });
export const i32 = (...shape: Shape): Meta => ({ shape, dtype: "int32" });
export const bool = (...shape: Shape): Meta => ({ shape, dtype: "bool" });
