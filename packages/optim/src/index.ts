export { Adadelta, type AdadeltaOptions } from "./adadelta.js";
export { Adagrad, type AdagradOptions } from "./adagrad.js";
export { Adam, type AdamOptions, AdamW } from "./adam.js";
export { Adamax, type AdamaxOptions } from "./adamax.js";
export { type ClipNormOptions, clipGradNorm, clipGradValue } from "./clipping.js";
export type { Group, OptimizerInput, ParameterGroup } from "./group.js";
export type { OptimizerKind, OptionRange, SlotKind } from "./kind.js";
export { Lion, type LionOptions } from "./lion.js";
export { NAdam, type NAdamOptions } from "./nadam.js";
export { Optimizer, type StepOptions } from "./optimizer.js";
export { RAdam, type RAdamOptions } from "./radam.js";
export { RMSprop, type RMSpropOptions } from "./rmsprop.js";
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
