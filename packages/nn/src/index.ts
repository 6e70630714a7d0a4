export * as init from "./init.js";
export {
  ELU,
  Flatten,
  GELU,
  type GELUOptions,
  Identity,
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  type SoftplusOptions,
  Tanh,
} from "./layers/activations.js";
export { type Layer, ModuleDict, ModuleList, Sequential } from "./layers/containers.js";
export { Dropout } from "./layers/dropout.js";
export { Embedding, type EmbeddingOptions, type PretrainedOptions } from "./layers/embedding.js";
export { LayerNorm, type LayerNormOptions } from "./layers/layer-norm.js";
export { Linear, type LinearOptions } from "./layers/linear.js";
export { type BCEWithLogitsOptions, bceWithLogits } from "./losses/bce-with-logits.js";
export type { ClassOptions } from "./losses/class-targets.js";
export { type CrossEntropyOptions, crossEntropy } from "./losses/cross-entropy.js";
export { type GaussianNLLOptions, gaussianNllLoss } from "./losses/gaussian-nll.js";
export {
  BCEWithLogitsLoss,
  type ClassLossOptions,
  CrossEntropyLoss,
  GaussianNLLLoss,
  HuberLoss,
  L1Loss,
  type LossCall,
  type LossModuleOptions,
  MSELoss,
  NLLLoss,
  QuantileLoss,
  SmoothL1Loss,
} from "./losses/modules.js";
export { nllLoss } from "./losses/nll.js";
export type { LossOptions, Reduction } from "./losses/options.js";
export { quantileLoss } from "./losses/quantile.js";
export {
  type HuberOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from "./losses/regression.js";
export { Module } from "./module.js";
export { Buffer, Parameter } from "./parameter.js";
export type { LoadableStateDict, LoadOptions, LoadResult, StateDict } from "./state-dict.js";
export { type LoadReport, type LoadWords, type Misshaped, StateDictError } from "./state-dict-error.js";
export { type StatefulRun, type StatePorts, statePorts, withStatePorts } from "./state-ports.js";
export { summary } from "./summary.js";
