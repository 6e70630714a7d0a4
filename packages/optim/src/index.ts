export { Adadelta, type AdadeltaOptions } from "./adadelta.js";
export { Adagrad, type AdagradOptions } from "./adagrad.js";
export { Adam, type AdamOptions, AdamW } from "./adam.js";
export { Adamax, type AdamaxOptions } from "./adamax.js";
export { type ClipNormOptions, clipGradNorm, clipGradValue } from "./clipping.js";
export type { Group, OptimizerInput, ParameterGroup } from "./group.js";
export type { NumberRule } from "./host-numbers.js";
export type { OptimizerKind, OptionRange, SlotKind } from "./kind.js";
export { Lion, type LionOptions } from "./lion.js";
export { NAdam, type NAdamOptions } from "./nadam.js";
export { Optimizer } from "./optimizer.js";
export { RAdam, type RAdamOptions } from "./radam.js";
export { RMSprop, type RMSpropOptions } from "./rmsprop.js";
export {
  ChainedScheduler,
  type ChainedSchedulerOptions,
  SequentialLR,
  type SequentialLROptions,
} from "./schedules/composed.js";
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from "./schedules/cosine.js";
export { CyclicLR, type CyclicLROptions } from "./schedules/cyclic.js";
export { LambdaLR, type LambdaLROptions, type LrLambda, MultiplicativeLR } from "./schedules/lambda.js";
export { OneCycleLR, type OneCycleLROptions } from "./schedules/one-cycle.js";
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./schedules/plateau.js";
export {
  ConstantLR,
  type ConstantLROptions,
  ExponentialLR,
  type ExponentialLROptions,
  LinearLR,
  type LinearLROptions,
  PolynomialLR,
  type PolynomialLROptions,
} from "./schedules/ramps.js";
export type { ResumeOptions } from "./schedules/rule.js";
export { LRScheduler, type ScheduledOptimizer, type SchedulerStateDict } from "./schedules/scheduler.js";
export { MultiStepLR, type MultiStepLROptions, StepLR, type StepLROptions } from "./schedules/steps.js";
export { SGD, type SGDOptions } from "./sgd.js";
export {
  joinStateDict,
  type LoadableOptimizerState,
  type OptimizerStateDict,
  type OptionValue,
  type SavedGroup,
  type SplitStateDict,
  splitStateDict,
} from "./state-dict.js";
export type { StepOptions } from "./step-options.js";
