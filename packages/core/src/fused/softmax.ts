import { div, exp, log, mul, sub } from "../ops/elementwise.js";
import { max, sum } from "../ops/reductions.js";
import type { Tensor } from "../tensor.js";
import type { Decomposition } from "./decomposition.js";

const keepDims = { keepDims: true } as const;

/** x less its largest element along an axis, which leaves softmax and its gradient as they are. */
export function shifted(x: Tensor, axis: number): Tensor {
  return x.shape[axis] === 0 ? x : sub(x, max(x.detach(), axis, keepDims));
}

export function logProbabilities(x: Tensor, axis: number): Tensor {
  const low = shifted(x, axis);
  return sub(low, log(sum(exp(low), axis, keepDims)));
}

export const softmax: Decomposition<"softmax"> = {
  forward([x], { axis }) {
    const e = exp(shifted(x, axis));
    return { out: [div(e, sum(e, axis, keepDims))], reserve: {} };
  },
  backward([g], _inputs, [y], _reserve, { axis }) {
    if (g === null) return [null];
    const weighted = mul(g, y);
    return [sub(weighted, mul(y, sum(weighted, axis, keepDims)))];
  },
};

export const logSoftmax: Decomposition<"logSoftmax"> = {
  forward([x], { axis }) {
    return { out: [logProbabilities(x, axis)], reserve: {} };
  },
  backward([g], _inputs, [y], _reserve, { axis }) {
    return [g && sub(g, mul(exp(y), sum(g, axis, keepDims)))];
  },
};
