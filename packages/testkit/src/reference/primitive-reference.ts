import type { Attrs, In, Meta, PrimitiveOp } from "@unrolled/backend";
import type { Values } from "./values.js";

/** An op in float64 by plain index arithmetic. `out` is what the table inferred. */
export type PrimitiveReference<K extends PrimitiveOp> = (
  inputs: In<K, Values>,
  attrs: Attrs<K>,
  out: Meta,
) => Float64Array;

/** One reference for every primitive: a missing one does not compile. */
export type PrimitiveReferences = { readonly [K in PrimitiveOp]: PrimitiveReference<K> };
