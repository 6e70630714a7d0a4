import type { FusedOp } from "@unrolled/backend";
import type { Decomposition } from "./decomposition.js";
import { gruSequence } from "./gru.js";
import { linear } from "./linear.js";
import { lstmSequence } from "./lstm.js";
import { rnnSequence } from "./rnn.js";

/** Every fused op in primitives, for backends that do not offer it whole. */
export const decompositions: { readonly [K in FusedOp]: Decomposition<K> } = {
  linear,
  rnnSequence,
  lstmSequence,
  gruSequence,
};
