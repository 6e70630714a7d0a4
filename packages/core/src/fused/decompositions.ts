import type { FusedOp } from "@unrolled/backend";
import { softmaxCrossEntropy } from "./cross-entropy.js";
import type { Decomposition } from "./decomposition.js";
import { gruSequence } from "./gru.js";
import { layerNorm } from "./layer-norm.js";
import { linear } from "./linear.js";
import { lstmSequence } from "./lstm.js";
import { rnnSequence } from "./rnn.js";
import { logSoftmax, softmax } from "./softmax.js";

/** Every fused op in primitives, for backends that do not offer it whole. */
export const decompositions: { readonly [K in FusedOp]: Decomposition<K> } = {
  linear,
  softmax,
  logSoftmax,
  softmaxCrossEntropy,
  layerNorm,
  rnnSequence,
  lstmSequence,
  gruSequence,
};
