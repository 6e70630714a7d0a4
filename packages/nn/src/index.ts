export * as init from "./init.js";
export { Dropout } from "./layers/dropout.js";
export { Linear, type LinearOptions } from "./layers/linear.js";
export {
  type HuberOptions,
  huberLoss,
  type LossOptions,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from "./losses.js";
export { Module } from "./module.js";
export { Buffer, Parameter } from "./parameter.js";
export type { LoadableStateDict, LoadOptions, LoadResult, StateDict } from "./state-dict.js";
export { summary } from "./summary.js";
