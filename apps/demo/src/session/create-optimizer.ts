// Apart from the optimisers' names, so that the page loads no optimisers.
import type { Parameter } from "@unrolled/nn";
import { Adam, AdamW, RMSprop, SGD } from "@unrolled/optim";
import type { OptimizerId, Settings } from "./settings.js";

export type Optimizer = SGD | RMSprop | Adam;

const makers: Readonly<Record<OptimizerId, (parameters: Parameter[], lr: number) => Optimizer>> = {
  sgd: (parameters, lr) => new SGD(parameters, { lr }),
  momentum: (parameters, lr) => new SGD(parameters, { lr, momentum: 0.9 }),
  rmsprop: (parameters, lr) => new RMSprop(parameters, { lr }),
  adam: (parameters, lr) => new Adam(parameters, { lr }),
  adamw: (parameters, lr) => new AdamW(parameters, { lr }),
};

export const createOptimizer = ({ optimizer, lr }: Settings, parameters: readonly Parameter[]): Optimizer =>
  makers[optimizer]([...parameters], lr);

/** For `optimizer.step`; 0 stands for no limit. */
export const stepOptions = (clipGradNorm: number): { clipGradNorm?: number } =>
  clipGradNorm > 0 ? { clipGradNorm } : {};
