import type { Attrs, FusedOp, In, Out } from "@unrolled/backend";
import { layerNorm, logSoftmax, softmax, softmaxCrossEntropy } from "./normalised.js";
import { gruSequence, linear, lstmSequence, rnnSequence } from "./sequence.js";
import type { Values } from "./values.js";

/** A fused op in plain float64 loops. */
export type FusedReference<K extends FusedOp> = (inputs: In<K, Values>, attrs: Attrs<K>) => Out<K, Float64Array>;

/** The forward pass of every fused op, one scalar at a time in float64. */
export const fusedReferences: { readonly [K in FusedOp]: FusedReference<K> } = {
  linear,
  softmax,
  logSoftmax,
  softmaxCrossEntropy,
  layerNorm,
  rnnSequence,
  lstmSequence,
  gruSequence,
};
