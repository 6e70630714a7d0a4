import { plainElman } from "../plain/elman.js";
import { plainAddition, plainInference, plainProduct } from "../plain/small.js";
import { plainSubsequences } from "../plain/subsequences.js";
import { plainTraining } from "../plain/training.js";
import type { Family } from "../run.js";

/** Hand-written loops over typed arrays, without a library: what the expected values come from. */
export const plain: Family = {
  elman: plainElman,
  subsequences: plainSubsequences,
  training: plainTraining,
  inference: plainInference,
  product: plainProduct,
  addition: plainAddition,
};
