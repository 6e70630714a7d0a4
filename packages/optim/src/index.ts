export { Adam, type AdamOptions, AdamW } from "./adam.js";
export { type ClipNormOptions, clipGradNorm, clipGradValue } from "./clipping.js";
export { type Group, Optimizer, type OptimizerInput, type ParameterGroup, type StepOptions } from "./optimizer.js";
export { SGD, type SGDOptions } from "./sgd.js";
