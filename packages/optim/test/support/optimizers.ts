import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Lion,
  NAdam,
  type Optimizer,
  type OptimizerInput,
  RAdam,
  RMSprop,
  SGD,
} from "@unrolled/optim";

export const classes = {
  SGD,
  Adam,
  AdamW,
  RMSprop,
  Adagrad,
  Adadelta,
  Adamax,
  NAdam,
  RAdam,
  Lion,
} as const;

export type OptimizerName = keyof typeof classes;
export type AnyOptimizer = Optimizer<{ readonly lr: number }>;
type AnyClass = new (params: OptimizerInput<object>, options?: object) => AnyOptimizer;

/** An optimiser by name, with options that the types cannot check. */
export function make(name: OptimizerName, params: OptimizerInput<object>, options: object = {}): AnyOptimizer {
  const Class = classes[name] as unknown as AnyClass;
  return new Class(params, options);
}

/** Every optimiser, with the options that bring in all of its state. */
export const fullOptions: readonly (readonly [OptimizerName, object])[] = [
  ["SGD", { lr: 0.1 }],
  ["SGD", { lr: 0.1, momentum: 0.9, dampening: 0.1, weightDecay: 0.1 }],
  ["Adam", { lr: 0.05 }],
  ["AdamW", { lr: 0.05, amsgrad: true }],
  ["RMSprop", { lr: 0.05 }],
  ["RMSprop", { lr: 0.05, centered: true, momentum: 0.9, weightDecay: 0.1 }],
  ["Adagrad", { lr: 0.1, lrDecay: 0.1, initialAccumulatorValue: 0.1 }],
  ["Adadelta", { weightDecay: 0.1 }],
  ["Adamax", { lr: 0.05, weightDecay: 0.1 }],
  ["NAdam", { lr: 0.05, weightDecay: 0.1, decoupledWeightDecay: true }],
  ["RAdam", { lr: 0.05, betas: [0.9, 0.9], weightDecay: 0.1 }],
  ["Lion", { lr: 0.05, weightDecay: 0.1 }],
];
