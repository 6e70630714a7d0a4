import { add, mul, neg, sub, type Tensor, type TensorLike } from "@unrolled/core";

interface Direction {
  readonly maximize: boolean;
  readonly weightDecay: number;
  /** Default false. */
  readonly decoupledWeightDecay?: boolean;
}

/** The gradient to go down along: turned round to maximise, and with the L2 penalty where that is in the gradient. */
export function descent(parameter: Tensor, gradient: Tensor, options: Direction): Tensor {
  const { maximize, weightDecay, decoupledWeightDecay = false } = options;
  const direction = maximize ? neg(gradient) : gradient;
  return weightDecay === 0 || decoupledWeightDecay ? direction : add(direction, mul(parameter, weightDecay));
}

/** What weight decay apart from the gradient leaves of a weight. */
export function shrinkage({ lr, weightDecay }: { readonly lr: number; readonly weightDecay: number }): number {
  return 1 - lr * weightDecay;
}

/** The parameter, shrunk where weight decay is apart from the gradient. */
export function shrunk(
  parameter: Tensor,
  numbers: { readonly shrink: TensorLike },
  { weightDecay, decoupledWeightDecay = false }: Direction,
): Tensor {
  return weightDecay === 0 || !decoupledWeightDecay ? parameter : mul(parameter, numbers.shrink);
}

/** An exponential average, one value on. */
export function average(before: Tensor, value: Tensor, decay: number): Tensor {
  return add(before, mul(sub(value, before), 1 - decay));
}

/** An exponential average of squares, one value on. */
export function averageSquare(before: Tensor, value: Tensor, decay: number): Tensor {
  return add(mul(before, decay), mul(mul(value, value), 1 - decay));
}
